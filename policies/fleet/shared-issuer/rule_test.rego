package controlplane.fleet.shared_issuer_test

import data.controlplane.fleet.shared_issuer

fleet(count) := {"subject": {"resource": {"issuers": {"items": [{
	"count": count,
	"holders": [{"tenant": "acme"}],
	"key": ["https://login.acme.example", "acme"],
}]}}}}

test_tokens_that_two_tenants_accept_are_found if {
	shared_issuer.findings == {{
		"code": "shared",
		"path": ["issuers", "items", 0, "holders", 0],
		"params": {
			"audience": "acme",
			"count": 2,
			"issuer": "https://login.acme.example",
			"tenant": "acme",
		},
	}} with input as fleet(2)
}

test_tokens_that_one_tenant_accepts_will_do if {
	shared_issuer.findings == set() with input as fleet(1)
}
