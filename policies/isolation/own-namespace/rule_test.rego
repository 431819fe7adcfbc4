package controlplane.isolation.own_namespace_test

import data.controlplane.isolation.own_namespace

object(metadata) := {"subject": {"resource": {
	"namespace": "acme-prod",
	"objects": [{"kind": "Service", "metadata": metadata}],
}}}

namespace(name) := {"subject": {"resource": {
	"namespace": "acme-prod",
	"objects": [{"kind": "Namespace", "metadata": {"name": name}}],
}}}

home(resource_namespace) := {"subject": {"resource": {
	"namespace": resource_namespace,
	"objects": [{"kind": "Service", "metadata": {"name": "retrieval", "namespace": "acme-prod"}}],
}}}

nowhere := {"subject": {"resource": {"objects": [{"kind": "Namespace"}]}}}

test_an_object_of_another_environment_is_found if {
	own_namespace.findings == {{
		"code": "outside",
		"path": ["objects", 0, "metadata"],
		"params": {
			"home": "acme-prod",
			"kind": "Service",
			"namespace": "acme-staging",
			"object": "retrieval",
		},
	}} with input as object({"name": "retrieval", "namespace": "acme-staging"})
}

test_an_object_without_a_namespace_is_found if {
	own_namespace.findings == {{
		"code": "outside",
		"path": ["objects", 0, "metadata"],
		"params": {
			"home": "acme-prod",
			"kind": "Service",
			"namespace": "no namespace",
			"object": "retrieval",
		},
	}} with input as object({"name": "retrieval"})
}

test_an_object_of_its_namespace_will_do if {
	own_namespace.findings == set() with input as object({"name": "retrieval", "namespace": "acme-prod"})
}

test_a_second_namespace_is_found if {
	own_namespace.findings == {{
		"code": "outside",
		"path": ["objects", 0, "metadata"],
		"params": {
			"home": "acme-prod",
			"kind": "Namespace",
			"namespace": "acme-prod-2",
			"object": "acme-prod-2",
		},
	}} with input as namespace("acme-prod-2")
}

test_its_own_namespace_will_do if {
	own_namespace.findings == set() with input as namespace("acme-prod")
}

test_an_object_of_another_home_is_found if {
	own_namespace.findings == {{
		"code": "outside",
		"path": ["objects", 0, "metadata"],
		"params": {
			"home": "acme-staging",
			"kind": "Service",
			"namespace": "acme-prod",
			"object": "retrieval",
		},
	}} with input as home("acme-staging")
}

test_an_object_of_its_home_will_do if {
	own_namespace.findings == set() with input as home("acme-prod")
}

test_nothing_is_at_home_where_no_home_is_known if {
	own_namespace.findings == {{
		"code": "outside",
		"path": ["objects", 0, "metadata"],
		"params": {"home": "none", "kind": "object", "namespace": "none", "object": ""},
	}} with input as nowhere
}
