package controlplane.residency.placement_zone_test

import data.controlplane.residency.placement_zone

# Nothing is found in it; each test changes something.
tenant := {
	"references": {"Cluster": {
		"eu-dev": {"spec": {"residencyZone": "eu"}},
		"eu-west-1": {"spec": {"residencyZone": "eu"}},
	}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"residency": ["eu"]},
			"placements": [{"target": "eu-dev"}, {"target": "eu-west-1"}],
		}},
	},
}

changed(path, value) := json.patch(tenant, [{"op": "replace", "path": path, "value": value}])

removed(path) := json.patch(tenant, [{"op": "remove", "path": path}])

elsewhere_finding(allowed, zone) := {
	"code": "elsewhere",
	"path": ["spec", "placements", 1, "target"],
	"params": {"allowed": allowed, "target": "eu-west-1", "tenant": "acme", "zone": zone},
}

test_a_target_in_another_zone_is_found if {
	asked := changed("/references/Cluster/eu-west-1/spec/residencyZone", "us")
	placement_zone.findings == {elsewhere_finding("eu", "us")} with input as asked
}

test_a_target_in_the_kingdom_is_not_in_the_union if {
	asked := changed("/references/Cluster/eu-west-1/spec/residencyZone", "uk")
	placement_zone.findings == {elsewhere_finding("eu", "uk")} with input as asked
}

test_a_target_in_its_zone_will_do if placement_zone.findings == set() with input as tenant

test_a_zone_in_capital_letters_is_another if {
	placement_zone.findings == {
		{
			"code": "elsewhere",
			"path": ["spec", "placements", 0, "target"],
			"params": {"allowed": "EU", "target": "eu-dev", "tenant": "acme", "zone": "eu"},
		},
		elsewhere_finding("EU", "eu"),
	} with input as changed("/subject/resource/spec/data/residency/0", "EU")
}

test_a_target_that_nobody_knows_is_found if {
	placement_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "placements", 1, "target"],
		"params": {"target": "eu-west-1", "tenant": "acme"},
	}} with input as removed("/references/Cluster/eu-west-1")
}

test_both_zones_that_are_agreed_will_do if {
	asked := json.patch(tenant, [
		{"op": "replace", "path": "/references/Cluster/eu-west-1/spec/residencyZone", "value": "us"},
		{"op": "add", "path": "/subject/resource/spec/data/residency/1", "value": "us"},
	])
	placement_zone.findings == set() with input as asked
}
