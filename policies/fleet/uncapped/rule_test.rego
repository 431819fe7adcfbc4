package controlplane.fleet.uncapped_test

import data.controlplane.fleet.uncapped

fleet(count) := {"subject": {"resource": {"uncapped": {
	"count": count,
	"items": [{"tenant": "acme"}],
}}}}

test_a_tenant_without_a_cap_is_found if {
	uncapped.findings == {{
		"code": "none",
		"path": ["uncapped", "items", 0],
		"params": {"count": 1, "tenant": "acme"},
	}} with input as fleet(1)
}

test_no_tenant_without_a_cap_will_do if uncapped.findings == set() with input as fleet(0)
