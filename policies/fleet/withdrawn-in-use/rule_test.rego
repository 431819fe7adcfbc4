package controlplane.fleet.withdrawn_in_use_test

import data.controlplane.fleet.withdrawn_in_use

fleet(stage) := {"subject": {"resource": {"packs": {"items": [{
	"name": "retrieval",
	"names": ["acme", "bright"],
	"production": 2,
	"stage": stage,
	"tenants": 2,
	"version": "1.3.0",
}]}}}}

test_a_withdrawn_version_that_somebody_runs_is_found if {
	withdrawn_in_use.findings == {{
		"code": "used",
		"path": ["packs", "items", 0],
		"params": {
			"names": "acme, bright",
			"pack": "retrieval",
			"production": 2,
			"tenants": 2,
			"version": "1.3.0",
		},
	}} with input as fleet("withdrawn")
}

test_a_deprecated_version_will_do if {
	withdrawn_in_use.findings == set() with input as fleet("deprecated")
}
