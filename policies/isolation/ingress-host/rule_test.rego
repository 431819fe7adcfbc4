package controlplane.isolation.ingress_host_test

import data.controlplane.isolation.ingress_host

ingress(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"rules": [{"host": "*.acme.example"}]},
}]}}}

rule(spec_rule) := {"subject": {"resource": {"objects": [{
	"kind": "Ingress",
	"metadata": {"name": "retrieval"},
	"spec": {"rules": [spec_rule]},
}]}}}

backend(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"defaultBackend": {}},
}]}}}

spec(objects_spec) := {"subject": {"resource": {"objects": [{
	"kind": "Ingress",
	"metadata": {"name": "retrieval"},
	"spec": objects_spec,
}]}}}

open_finding(host) := {
	"code": "open",
	"path": ["objects", 0, "spec", "rules", 0],
	"params": {"host": host, "ingress": "retrieval"},
}

default_finding := {
	"code": "default",
	"path": ["objects", 0, "spec", "defaultBackend"],
	"params": {"ingress": "retrieval"},
}

test_a_host_with_a_star_is_found if {
	ingress_host.findings == {open_finding("*.acme.example")} with input as ingress("Ingress")
}

test_what_is_no_ingress_will_do if {
	ingress_host.findings == set() with input as ingress("HTTPRoute")
}

test_an_empty_host_is_found if {
	ingress_host.findings == {open_finding("")} with input as rule({"host": ""})
}

test_a_rule_for_every_host_is_found if {
	ingress_host.findings == {open_finding("*")} with input as rule({})
}

test_a_host_that_is_named_will_do if {
	ingress_host.findings == set() with input as rule({"host": "star.acme.example"})
}

test_a_backend_for_all_that_is_left_is_found if {
	ingress_host.findings == {default_finding} with input as backend("Ingress")
}

test_a_default_of_what_is_no_ingress_will_do if {
	ingress_host.findings == set() with input as backend("HTTPRoute")
}

test_a_default_beside_named_hosts_is_found if {
	ingress_host.findings == {default_finding} with input as spec({"defaultBackend": {}})
}

test_named_hosts_without_a_default_will_do if {
	ingress_host.findings == set() with input as spec({})
}
