package controlplane.fleet.namespace_clash_test

import data.controlplane.fleet.namespace_clash

fleet(count) := {"subject": {"resource": {"namespaces": {"items": [{
	"count": count,
	"holders": [{"tenant": "acme"}],
	"key": ["acme-prod", "eu-west-1"],
}]}}}}

test_a_namespace_that_is_held_twice_is_found if {
	namespace_clash.findings == {{
		"code": "shared",
		"path": ["namespaces", "items", 0, "holders", 0],
		"params": {"count": 2, "namespace": "acme-prod", "target": "eu-west-1", "tenant": "acme"},
	}} with input as fleet(2)
}

test_a_namespace_that_is_held_once_will_do if {
	namespace_clash.findings == set() with input as fleet(1)
}
