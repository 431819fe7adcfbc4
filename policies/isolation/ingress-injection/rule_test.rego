package controlplane.isolation.ingress_injection_test

import data.controlplane.isolation.ingress_injection

annotated(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {
		"annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": ""},
		"name": "retrieval",
	},
}]}}}

annotations(metadata_annotations) := {"subject": {"resource": {
	"objects": [{
		"kind": "Ingress",
		"metadata": {"annotations": metadata_annotations, "name": "retrieval"},
	}],
}}}

ingress(path) := {"subject": {"resource": {"objects": [{
	"kind": "Ingress",
	"metadata": {"name": "retrieval"},
	"spec": {"rules": [{"http": {"paths": [{"path": path}]}}]},
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"rules": [{"http": {"paths": [{"path": "/v1/{search}"}]}}]},
}]}}}

path_finding(path) := {
	"code": "path",
	"path": ["objects", 0, "spec", "rules", 0, "http", "paths", 0, "path"],
	"params": {"ingress": "retrieval", "path": path},
}

test_a_snippet_is_found if {
	ingress_injection.findings == {{
		"code": "annotation",
		"path": ["objects", 0, "metadata", "annotations", "nginx.ingress.kubernetes.io/configuration-snippet"],
		"params": {
			"annotation": "nginx.ingress.kubernetes.io/configuration-snippet",
			"ingress": "retrieval",
		},
	}} with input as annotated("Ingress")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_snippet_on_what_is_no_ingress_will_do if {
	ingress_injection.findings == set() with input as annotated("Service")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_forbidden_annotation_is_found if {
	ingress_injection.findings == {{
		"code": "annotation",
		"path": ["objects", 0, "metadata", "annotations", "nginx.ingress.kubernetes.io/auth-url"],
		"params": {"annotation": "nginx.ingress.kubernetes.io/auth-url", "ingress": "retrieval"},
	}} with input as annotations({
		"nginx.ingress.kubernetes.io/auth-url": "https://id.acme.example",
	})
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_capital_letters_do_not_hide_it if {
	ingress_injection.findings == {{
		"code": "annotation",
		"path": ["objects", 0, "metadata", "annotations", "nginx.ingress.kubernetes.io/Configuration-Snippet"],
		"params": {
			"annotation": "nginx.ingress.kubernetes.io/Configuration-Snippet",
			"ingress": "retrieval",
		},
	}} with input as annotations({"nginx.ingress.kubernetes.io/Configuration-Snippet": ""})
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_another_controller_does_not_hide_it if {
	ingress_injection.findings == {{
		"code": "annotation",
		"path": ["objects", 0, "metadata", "annotations", "internal.example.com/server-snippet"],
		"params": {"annotation": "internal.example.com/server-snippet", "ingress": "retrieval"},
	}} with input as annotations({"internal.example.com/server-snippet": "x"})
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_no_such_annotation_will_do if {
	ingress_injection.findings == set() with input as annotations({})
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_pattern_in_a_path_is_found if {
	ingress_injection.findings == {path_finding("/v1/{search}")} with input as ingress("/v1/{search}")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_semicolon_in_a_path_is_found if {
	ingress_injection.findings == {path_finding("/v1/search;")} with input as ingress("/v1/search;")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_semicolon_that_is_escaped_will_do if {
	ingress_injection.findings == set() with input as ingress("/v1/search%3B")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_pattern_of_an_ingress_is_found if {
	ingress_injection.findings == {path_finding("/v1/{search}")} with input as with_kind("Ingress")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_a_pattern_of_what_is_no_ingress_will_do if {
	ingress_injection.findings == set() with input as with_kind("HTTPRoute")
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}

test_an_annotation_that_is_not_listed_will_do if {
	asked := annotations({"nginx.ingress.kubernetes.io/enable-cors": "true"})
	ingress_injection.findings == set() with input as asked
		with data.parameters.isolation.ingress_injection.forbidden as ["auth-signin", "auth-url"]
}
