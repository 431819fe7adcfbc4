package controlplane.fleet.host_clash_test

import data.controlplane.fleet.host_clash

fleet(count) := {"subject": {"resource": {"hosts": {"items": [{
	"count": count,
	"holders": [{"tenant": "acme"}],
	"key": ["app.example.com"],
}]}}}}

test_a_host_that_is_held_twice_is_found if {
	host_clash.findings == {{
		"code": "shared",
		"path": ["hosts", "items", 0, "holders", 0],
		"params": {"count": 2, "host": "app.example.com", "tenant": "acme"},
	}} with input as fleet(2)
}

test_a_host_that_is_held_once_will_do if host_clash.findings == set() with input as fleet(1)
