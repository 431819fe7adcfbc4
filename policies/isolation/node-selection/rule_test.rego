package controlplane.isolation.node_selection_test

import data.controlplane.isolation.node_selection

name(node_name) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"nodeName": node_name}}},
}]}}}

reserved := ["controlplane.dev/", "kubernetes.io/hostname", "node-role.kubernetes.io/"]

expression(key) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"affinity": {"nodeAffinity": {
		"requiredDuringSchedulingIgnoredDuringExecution": {
			"nodeSelectorTerms": [{"matchExpressions": [{"key": key}]}],
		},
	}}}}},
}]}}}

selector(node_selector) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"nodeSelector": node_selector}}},
}]}}}

term(node_selector_term) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"affinity": {"nodeAffinity": {
		"requiredDuringSchedulingIgnoredDuringExecution": {
			"nodeSelectorTerms": [node_selector_term],
		},
	}}}}},
}]}}}

test_a_node_by_its_name_is_found if {
	node_selection.findings == {{
		"code": "name",
		"path": ["objects", 0, "spec", "template", "spec", "nodeName"],
		"params": {"workload": "retrieval"},
	}} with input as name("node-1") with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_name_that_is_empty_will_do if {
	node_selection.findings == set() with input as name("")
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_the_nodes_of_the_control_plane_are_found if {
	node_selection.findings == {{
		"code": "label",
		"path": [
			"objects",
			0,
			"spec",
			"template",
			"spec",
			"affinity",
			"nodeAffinity",
			"requiredDuringSchedulingIgnoredDuringExecution",
			"nodeSelectorTerms",
			0,
			"matchExpressions",
			0,
		],
		"params": {"key": "node-role.kubernetes.io/control-plane", "workload": "retrieval"},
	}} with input as expression("node-role.kubernetes.io/control-plane")
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_nodes_of_a_type_will_do if {
	node_selection.findings == set() with input as expression("node.kubernetes.io/instance-type")
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_node_by_its_label_is_found if {
	node_selection.findings == {{
		"code": "label",
		"path": ["objects", 0, "spec", "template", "spec", "nodeSelector", "kubernetes.io/hostname"],
		"params": {"key": "kubernetes.io/hostname", "workload": "retrieval"},
	}} with input as selector({"kubernetes.io/hostname": "node-1"})
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_label_of_no_node_in_particular_will_do if {
	node_selection.findings == set() with input as selector({})
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_node_by_its_field_is_found if {
	node_selection.findings == {{
		"code": "field",
		"path": [
			"objects",
			0,
			"spec",
			"template",
			"spec",
			"affinity",
			"nodeAffinity",
			"requiredDuringSchedulingIgnoredDuringExecution",
			"nodeSelectorTerms",
			0,
			"matchFields",
		],
		"params": {"workload": "retrieval"},
	}} with input as term({"matchFields": ["metadata.name"]})
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_term_without_fields_will_do if {
	node_selection.findings == set() with input as term({})
		with data.parameters.isolation.node_selection.reserved as reserved
}

test_a_kind_of_node_will_do if {
	node_selection.findings == set() with input as selector({"kubernetes.io/arch": "arm64"})
		with data.parameters.isolation.node_selection.reserved as ["kubernetes.io/hostname"]
}
