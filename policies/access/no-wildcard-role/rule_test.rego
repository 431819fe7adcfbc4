package controlplane.access.no_wildcard_role_test

import data.controlplane.access.no_wildcard_role

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [
	{
		"kind": "Role",
		"metadata": {"name": "tenant-developer"},
		"rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]}],
	},
	{
		"kind": "RoleBinding",
		"metadata": {"name": "developers"},
		"roleRef": {"kind": "Role", "name": "tenant-developer"},
	},
]}}}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects", path]),
	"value": value,
}])

added(path, value) := json.patch(placement, [{
	"op": "add",
	"path": concat("/", ["/subject/resource/objects", path]),
	"value": value,
}])

wildcard_finding(field) := {
	"code": "wildcard",
	"path": ["objects", 0, "rules", 0, field],
	"params": {"field": field, "kind": "Role", "role": "tenant-developer"},
}

escalation_finding(verb) := {
	"code": "escalation",
	"path": ["objects", 0, "rules", 0, "verbs"],
	"params": {"kind": "Role", "role": "tenant-developer", "verb": verb},
}

test_every_scale_is_found if {
	asked := added("0/rules/0/resources/1", "*/scale")
	no_wildcard_role.findings == {wildcard_finding("resources")} with input as asked
}

test_every_resource_is_found_beside_one_that_is_named if {
	asked := added("0/rules/0/resources/1", "*")
	no_wildcard_role.findings == {wildcard_finding("resources")} with input as asked
}

test_a_resource_that_is_named_will_do if {
	no_wildcard_role.findings == set() with input as added("0/rules/0/resources/1", "deployments/scale")
}

test_every_group_of_the_interface_is_found if {
	asked := changed("0/rules/0/apiGroups/0", "*")
	no_wildcard_role.findings == {wildcard_finding("apiGroups")} with input as asked
}

test_every_resource_is_found if {
	asked := changed("0/rules/0/resources/0", "*")
	no_wildcard_role.findings == {wildcard_finding("resources")} with input as asked
}

test_every_verb_is_found if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/rules/0/verbs/0", "value": "*"},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/verbs/1"},
	])
	no_wildcard_role.findings == {wildcard_finding("verbs")} with input as asked
}

test_a_verb_that_binds_roles_is_found if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/rules/0/verbs/0", "value": "bind"},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/verbs/1"},
	])
	no_wildcard_role.findings == {escalation_finding("bind")} with input as asked
}

test_a_verb_that_adds_to_roles_is_found if {
	asked := changed("0/rules/0/verbs/1", "escalate")
	no_wildcard_role.findings == {escalation_finding("escalate")} with input as asked
}

test_a_verb_that_takes_the_place_of_others_is_found if {
	asked := json.patch(placement, [
		{
			"op": "replace",
			"path": "/subject/resource/objects/0/rules/0/verbs/0",
			"value": "impersonate",
		},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/verbs/1"},
	])
	no_wildcard_role.findings == {escalation_finding("impersonate")} with input as asked
}

test_what_is_named_will_do if no_wildcard_role.findings == set() with input as placement

test_a_binding_to_a_cluster_role_is_found if {
	no_wildcard_role.findings == {{
		"code": "cluster-admin",
		"path": ["objects", 1, "roleRef"],
		"params": {"bound": "tenant-developer", "kind": "RoleBinding", "role": "developers"},
	}} with input as changed("1/roleRef/kind", "ClusterRole")
}

test_a_reference_in_what_is_no_binding_binds_nothing if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/1/kind", "value": "Grant"},
		{"op": "replace", "path": "/subject/resource/objects/1/metadata/name", "value": "x"},
		{"op": "replace", "path": "/subject/resource/objects/1/roleRef/kind", "value": "Grant"},
		{"op": "replace", "path": "/subject/resource/objects/1/roleRef/name", "value": "y"},
	])
	no_wildcard_role.findings == set() with input as asked
}

test_every_verb_in_what_is_no_role_grants_nothing if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/kind", "value": "Grant"},
		{"op": "replace", "path": "/subject/resource/objects/0/metadata/name", "value": "x"},
		{"op": "replace", "path": "/subject/resource/objects/0/rules/0/verbs/0", "value": "*"},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/apiGroups"},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/resources"},
		{"op": "remove", "path": "/subject/resource/objects/0/rules/0/verbs/1"},
	])
	no_wildcard_role.findings == set() with input as asked
}
