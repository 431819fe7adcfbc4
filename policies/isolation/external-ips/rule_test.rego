package controlplane.isolation.external_ips_test

import data.controlplane.isolation.external_ips

object(kind, spec_external_ips) := {"subject": {"resource": {
	"objects": [{
		"kind": kind,
		"metadata": {"name": "retrieval"},
		"spec": {"externalIPs": spec_external_ips},
	}],
}}}

balancer(spec) := {"subject": {"resource": {"objects": [{
	"kind": "Service",
	"metadata": {"name": "retrieval"},
	"spec": spec,
}]}}}

test_an_address_from_outside_is_found if {
	external_ips.findings == {{
		"code": "address",
		"path": ["objects", 0, "spec", "externalIPs"],
		"params": {"field": "externalIPs", "service": "retrieval"},
	}} with input as object("Service", ["203.0.113.7"])
}

test_a_list_without_an_address_will_do if {
	external_ips.findings == set() with input as object("Service", [])
}

test_what_is_no_service_will_do if {
	external_ips.findings == set() with input as object("Endpoints", ["203.0.113.7"])
}

test_an_address_of_a_load_balancer_is_found if {
	external_ips.findings == {{
		"code": "address",
		"path": ["objects", 0, "spec", "loadBalancerIP"],
		"params": {"field": "loadBalancerIP", "service": "retrieval"},
	}} with input as balancer({"loadBalancerIP": "203.0.113.7"})
}

test_an_empty_address_will_do if {
	external_ips.findings == set() with input as balancer({"loadBalancerIP": ""})
}

test_no_address_will_do if external_ips.findings == set() with input as balancer({})
