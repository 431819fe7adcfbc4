package controlplane.fleet.seats_test

import data.controlplane.fleet.seats

fleet(tenants) := {"subject": {"resource": {"targets": {"items": [{
	"limits": {"tenants": 4},
	"name": "eu-west-1",
	"names": ["acme", "bright"],
	"tenants": tenants,
}]}}}}

limits(items_limits) := {"subject": {"resource": {"targets": {
	"items": [{
		"limits": items_limits,
		"name": "eu-west-1",
		"names": ["acme", "bright"],
		"tenants": 9,
	}],
}}}}

test_one_tenant_too_many_is_found if {
	seats.findings == {{
		"code": "over",
		"path": ["targets", "items", 0, "limits"],
		"params": {"limit": 4, "names": "acme, bright", "target": "eu-west-1", "tenants": 5},
	}} with input as fleet(5)
}

test_a_target_that_is_full_will_do if seats.findings == set() with input as fleet(4)

test_many_tenants_too_many_are_found if {
	seats.findings == {{
		"code": "over",
		"path": ["targets", "items", 0, "limits"],
		"params": {"limit": 4, "names": "acme, bright", "target": "eu-west-1", "tenants": 9},
	}} with input as limits({"tenants": 4})
}

test_a_target_without_a_limit_will_do if seats.findings == set() with input as limits({})
