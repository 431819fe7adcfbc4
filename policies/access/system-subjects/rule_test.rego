package controlplane.access.system_subjects_test

import data.controlplane.access.system_subjects

placement(kind, subjects_kind, name) := {"subject": {"resource": {
	"objects": [{
		"kind": kind,
		"metadata": {"name": "developers"},
		"subjects": [{"kind": subjects_kind, "name": name}],
	}],
}}}

user(name) := {"subject": {"resource": {"objects": [{
	"kind": "RoleBinding",
	"metadata": {"name": "developers"},
	"subjects": [{"kind": "User", "name": name}],
}]}}}

finding(name) := {
	"code": "system",
	"path": ["objects", 0, "subjects", 0],
	"params": {"binding": "developers", "kind": "RoleBinding", "name": name},
}

test_everybody_who_has_an_account_is_found if {
	asked := placement("RoleBinding", "Group", "system:authenticated")
	system_subjects.findings == {finding("system:authenticated")} with input as asked
}

test_a_group_of_the_tenant_will_do if {
	system_subjects.findings == set() with input as placement("RoleBinding", "Group", "acme-developers")
}

test_a_service_account_of_that_name_will_do if {
	asked := placement("RoleBinding", "ServiceAccount", "system:authenticated")
	system_subjects.findings == set() with input as asked
}

test_a_group_that_only_looks_like_it_will_do if {
	asked := placement("RoleBinding", "Group", "system-authenticated")
	system_subjects.findings == set() with input as asked
}

test_what_is_no_binding_gives_no_right if {
	system_subjects.findings == set() with input as placement("ConfigMap", "Group", "system:authenticated")
}

test_everybody_without_an_account_is_found if {
	system_subjects.findings == {finding("system:anonymous")} with input as user("system:anonymous")
}

test_an_account_that_is_called_a_user_is_found if {
	asked := user("system:serviceaccount:kube-system:default")
	system_subjects.findings == {finding("system:serviceaccount:kube-system:default")} with input as asked
}

test_a_user_whose_name_is_anonymous_will_do if {
	system_subjects.findings == set() with input as user("anonymous")
}
