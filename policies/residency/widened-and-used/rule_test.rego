package controlplane.residency.widened_and_used_test

import data.controlplane.residency.widened_and_used

zones(residency) := {
	"change": {"before": {"spec": {"data": {"residency": []}}}},
	"references": {"Cluster": {"us-east-1": {"spec": {"residencyZone": "us"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"residency": [residency]},
			"placements": [{"target": "us-east-1"}],
		}},
	},
}

before(residency) := {
	"change": {"before": {"spec": {"data": {"residency": [residency]}}}},
	"references": {"Cluster": {"us-east-1": {"spec": {"residencyZone": "us"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"residency": ["us"]},
			"placements": [{"target": "us-east-1"}],
		}},
	},
}

warehouse(zone) := {
	"change": {"before": {"spec": {"data": {"residency": []}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"data": {"residency": ["ch"], "warehouse": {"zone": zone}}}},
	},
}

changing(change) := {
	"change": change,
	"references": {"Cluster": {"us-east-1": {"spec": {"residencyZone": "us"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"residency": ["us"]},
			"placements": [{"target": "us-east-1"}],
		}},
	},
}

placement_finding := {
	"code": "placement",
	"path": ["spec", "placements", 0, "target"],
	"params": {"tenant": "acme", "zone": "us"},
}

test_a_target_in_a_new_zone_is_found if {
	widened_and_used.findings == {placement_finding} with input as zones("us")
}

test_a_target_in_a_zone_of_before_will_do if {
	widened_and_used.findings == set() with input as zones("uk")
}

test_another_zone_before_does_not_help if {
	widened_and_used.findings == {placement_finding} with input as before("uk")
}

test_the_same_zone_before_will_do if {
	widened_and_used.findings == set() with input as before("us")
}

test_a_warehouse_in_a_new_zone_is_found if {
	widened_and_used.findings == {{
		"code": "warehouse",
		"path": ["spec", "data", "warehouse", "zone"],
		"params": {"tenant": "acme", "zone": "ch"},
	}} with input as warehouse("ch")
}

test_a_new_zone_that_nothing_uses_yet_will_do if {
	widened_and_used.findings == set() with input as warehouse("us")
}

test_a_change_that_widens_and_uses_is_found if {
	asked := changing({"before": {"spec": {"data": {"residency": []}}}})
	widened_and_used.findings == {placement_finding} with input as asked
}

test_a_tenant_that_comes_was_not_widened if {
	widened_and_used.findings == set() with input as changing({})
}
