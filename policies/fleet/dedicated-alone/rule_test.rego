package controlplane.fleet.dedicated_alone_test

import data.controlplane.fleet.dedicated_alone

fleet(tenants) := {"subject": {"resource": {"targets": {"items": [{
	"dedicated": [{"tenant": "acme"}],
	"name": "us-east-1",
	"tenants": tenants,
}]}}}}

dedicated(items_dedicated) := {"subject": {"resource": {"targets": {
	"items": [{"dedicated": items_dedicated, "name": "us-east-1", "tenants": 3}],
}}}}

test_two_on_a_target_of_ones_own_are_found if {
	dedicated_alone.findings == {{
		"code": "shared",
		"path": ["targets", "items", 0, "dedicated", 0],
		"params": {"target": "us-east-1", "tenant": "acme", "tenants": 2},
	}} with input as fleet(2)
}

test_one_alone_will_do if dedicated_alone.findings == set() with input as fleet(1)

test_three_on_a_target_of_ones_own_are_found if {
	dedicated_alone.findings == {{
		"code": "shared",
		"path": ["targets", "items", 0, "dedicated", 0],
		"params": {"target": "us-east-1", "tenant": "acme", "tenants": 3},
	}} with input as dedicated([{"tenant": "acme"}])
}

test_three_on_a_target_of_nobody_will_do if {
	dedicated_alone.findings == set() with input as dedicated([])
}
