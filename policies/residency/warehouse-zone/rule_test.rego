package controlplane.residency.warehouse_zone_test

import data.controlplane.residency.warehouse_zone

with_zone(zone) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"residency": ["eu", "ch"], "warehouse": {"zone": zone}}}},
}}

agreed(residency) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"residency": residency, "warehouse": {"zone": "us"}}}},
}}

warehouse(data_warehouse) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"residency": ["eu", "ch"], "warehouse": data_warehouse}}},
}}

finding(zone) := {
	"code": "elsewhere",
	"path": ["spec", "data", "warehouse", "zone"],
	"params": {"allowed": "eu, ch", "tenant": "acme", "zone": zone},
}

test_a_warehouse_in_another_zone_is_found if {
	warehouse_zone.findings == {finding("us")} with input as with_zone("us")
}

test_a_warehouse_in_its_zone_will_do if {
	warehouse_zone.findings == set() with input as with_zone("ch")
}

test_a_zone_that_is_not_agreed_is_found if {
	warehouse_zone.findings == {finding("us")} with input as agreed(["eu", "ch"])
}

test_a_zone_that_is_agreed_as_well_will_do if {
	warehouse_zone.findings == set() with input as agreed(["eu", "ch", "us"])
}

test_a_zone_of_a_longer_name_is_another if {
	warehouse_zone.findings == {finding("chf")} with input as warehouse({"zone": "chf"})
}

test_a_warehouse_with_its_placement_will_do if {
	warehouse_zone.findings == set() with input as warehouse({})
}
