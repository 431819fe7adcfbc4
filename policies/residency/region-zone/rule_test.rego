package controlplane.residency.region_zone_test

import data.controlplane.residency.region_zone

with_region(region) := {"subject": {
	"name": "eu-west-1",
	"resource": {"spec": {"provider": "aws", "region": region, "residencyZone": "eu"}},
}}

zones := {"eu-central-2": "ch", "eu-west-2": "uk", "us-east-1": "us", "us-west-2": "us"}

before(residency_zone) := {
	"change": {"before": {"spec": {"residencyZone": residency_zone}}},
	"subject": {"name": "eu-west-1", "resource": {"spec": {"residencyZone": "eu"}}},
}

mismatch_finding(known, region) := {
	"code": "mismatch",
	"path": ["spec", "residencyZone"],
	"params": {
		"known": known,
		"provider": "aws",
		"region": region,
		"target": "eu-west-1",
		"zone": "eu",
	},
}

test_a_region_of_another_zone_is_found if {
	region_zone.findings == {mismatch_finding("us", "us-east-1")} with input as with_region("us-east-1")
		with data.parameters.residency.region_zone.zones as zones
}

test_capital_letters_do_not_hide_it if {
	region_zone.findings == {mismatch_finding("us", "US-EAST-1")} with input as with_region("US-EAST-1")
		with data.parameters.residency.region_zone.zones as zones
}

test_a_region_of_the_kingdom_is_not_of_the_union if {
	region_zone.findings == {mismatch_finding("uk", "eu-west-2")} with input as with_region("eu-west-2")
		with data.parameters.residency.region_zone.zones as zones
}

test_a_region_of_the_confederation_is_not_of_the_union if {
	asked := with_region("eu-central-2")
	region_zone.findings == {mismatch_finding("ch", "eu-central-2")} with input as asked
		with data.parameters.residency.region_zone.zones as zones
}

test_a_region_of_the_zone_will_do if {
	region_zone.findings == set() with input as with_region("eu-west-1")
		with data.parameters.residency.region_zone.zones as zones
}

test_a_region_that_nobody_knows_says_nothing if {
	region_zone.findings == set() with input as with_region("cellar-1")
		with data.parameters.residency.region_zone.zones as zones
}

test_a_zone_that_is_relabelled_is_found if {
	region_zone.findings == {{
		"code": "relabelled",
		"path": ["spec", "residencyZone"],
		"params": {"before": "us", "target": "eu-west-1", "zone": "eu"},
	}} with input as before("us") with data.parameters.residency.region_zone.zones as zones
}

test_a_zone_that_stays_will_do if {
	region_zone.findings == set() with input as before("eu")
		with data.parameters.residency.region_zone.zones as zones
}

test_a_region_that_is_known_to_be_of_the_zone_will_do if {
	region_zone.findings == set() with input as with_region("eu-central-1")
		with data.parameters.residency.region_zone.zones as {"eu-central-1": "eu"}
}
