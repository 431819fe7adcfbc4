package controlplane.isolation.tolerations_test

import data.controlplane.isolation.tolerations

tenants_node(toleration) := {"subject": {"resource": {
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": {"spec": {"tolerations": [toleration]}}},
	}],
	"tenant": "acme",
}}}

parameters := {"protected": ["node-role.kubernetes.io/"], "tenantKey": "controlplane.dev/tenant"}

toleration(spec_toleration) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"tolerations": [spec_toleration]}}},
}]}}}

test_a_node_of_another_tenant_is_found if {
	tolerations.findings == {{
		"code": "other-tenant",
		"path": ["objects", 0, "spec", "template", "spec", "tolerations", 0],
		"params": {"key": "controlplane.dev/tenant", "value": "acme-2", "workload": "retrieval"},
	}} with input as tenants_node({
		"key": "controlplane.dev/tenant",
		"operator": "Equal",
		"value": "acme-2",
	})
		with data.parameters.isolation.tolerations as parameters
}

test_a_node_of_any_tenant_is_found if {
	tolerations.findings == {{
		"code": "other-tenant",
		"path": ["objects", 0, "spec", "template", "spec", "tolerations", 0],
		"params": {"key": "controlplane.dev/tenant", "value": "acme", "workload": "retrieval"},
	}} with input as tenants_node({
		"key": "controlplane.dev/tenant",
		"operator": "Exists",
		"value": "acme",
	})
		with data.parameters.isolation.tolerations as parameters
}

test_a_node_of_its_own_will_do if {
	tolerations.findings == set() with input as tenants_node({
		"key": "controlplane.dev/tenant",
		"operator": "Equal",
		"value": "acme",
	})
		with data.parameters.isolation.tolerations as parameters
}

test_without_an_operator_the_value_counts if {
	asked := tenants_node({"key": "controlplane.dev/tenant", "value": "acme"})
	tolerations.findings == set() with input as asked
		with data.parameters.isolation.tolerations as parameters
}

test_a_node_of_the_control_plane_is_found if {
	tolerations.findings == {{
		"code": "protected",
		"path": ["objects", 0, "spec", "template", "spec", "tolerations", 0],
		"params": {
			"key": "node-role.kubernetes.io/control-plane",
			"value": "",
			"workload": "retrieval",
		},
	}} with input as toleration({"key": "node-role.kubernetes.io/control-plane"})
		with data.parameters.isolation.tolerations as parameters
}

test_any_node_is_found if {
	tolerations.findings == {{
		"code": "everything",
		"path": ["objects", 0, "spec", "template", "spec", "tolerations", 0],
		"params": {"key": "", "value": "", "workload": "retrieval"},
	}} with input as toleration({}) with data.parameters.isolation.tolerations as parameters
}

test_a_node_that_is_not_ready_will_do if {
	tolerations.findings == set() with input as toleration({"key": "node.kubernetes.io/not-ready"})
		with data.parameters.isolation.tolerations as parameters
}
