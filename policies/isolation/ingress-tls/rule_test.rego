package controlplane.isolation.ingress_tls_test

import data.controlplane.isolation.ingress_tls

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [{
	"kind": "Ingress",
	"metadata": {"name": "retrieval"},
	"spec": {
		"rules": [{"host": "search.acme.example"}, {"host": "api.acme.example"}],
		"tls": [{
			"hosts": ["search.acme.example", "api.acme.example"],
			"secretName": "retrieval-tls",
		}],
	},
}]}}}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects/0/spec", path]),
	"value": value,
}])

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects/0/spec", path]),
}])

finding(index, host) := {
	"code": "clear",
	"path": ["objects", 0, "spec", "rules", index],
	"params": {"host": host, "ingress": "retrieval"},
}

test_hosts_without_a_secret_are_in_the_clear if {
	ingress_tls.findings == {
		finding(1, "api.acme.example"),
		finding(0, "search.acme.example"),
	} with input as removed("tls/0/secretName")
}

test_a_secret_that_is_null_is_none if {
	ingress_tls.findings == {
		finding(1, "api.acme.example"),
		finding(0, "search.acme.example"),
	} with input as changed("tls/0/secretName", null)
}

test_hosts_with_a_secret_are_encrypted if ingress_tls.findings == set() with input as placement

test_a_host_that_the_secret_is_not_for_is_found if {
	ingress_tls.findings == {finding(1, "api.acme.example")} with input as removed("tls/0/hosts/1")
}

test_a_host_that_is_named_like_one_is_found if {
	asked := changed("rules/1/host", "api2.acme.example")
	ingress_tls.findings == {finding(1, "api2.acme.example")} with input as asked
}

test_what_is_no_ingress_will_do if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/kind", "value": "Gateway"},
		{"op": "remove", "path": "/subject/resource/objects/0/spec/tls/0/secretName"},
	])
	ingress_tls.findings == set() with input as asked
}
