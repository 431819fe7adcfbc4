package controlplane.access.own_accounts_test

import data.controlplane.access.own_accounts

placement(kind, subjects_kind, name) := {"subject": {"resource": {
	"namespace": "acme-prod",
	"objects": [{
		"kind": kind,
		"metadata": {"name": "developers"},
		"subjects": [{"kind": subjects_kind, "name": name, "namespace": "acme-prod"}],
	}],
}}}

account(subject) := {"subject": {"resource": {
	"namespace": "acme-prod",
	"objects": [{
		"kind": "RoleBinding",
		"metadata": {"name": "developers"},
		"subjects": [subject],
	}],
}}}

test_the_account_default_is_found if {
	own_accounts.findings == {{
		"code": "default",
		"path": ["objects", 0, "subjects", 0],
		"params": {"binding": "developers"},
	}} with input as placement("RoleBinding", "ServiceAccount", "default")
}

test_an_account_of_its_own_will_do if {
	own_accounts.findings == set() with input as placement("RoleBinding", "ServiceAccount", "retrieval")
}

test_a_group_of_that_name_is_no_account if {
	own_accounts.findings == set() with input as placement("RoleBinding", "Group", "default")
}

test_what_is_no_binding_gives_no_right if {
	own_accounts.findings == set() with input as placement("ConfigMap", "ServiceAccount", "default")
}

test_an_account_of_no_namespace_is_found if {
	own_accounts.findings == {{
		"code": "foreign",
		"path": ["objects", 0, "subjects", 0],
		"params": {"account": "retrieval", "binding": "developers", "namespace": "unknown"},
	}} with input as account({"kind": "ServiceAccount", "name": "retrieval"})
}

test_an_account_of_another_namespace_is_found if {
	own_accounts.findings == {{
		"code": "foreign",
		"path": ["objects", 0, "subjects", 0],
		"params": {"account": "retrieval", "binding": "developers", "namespace": "acme-dev"},
	}} with input as account({
		"kind": "ServiceAccount",
		"name": "retrieval",
		"namespace": "acme-dev",
	})
}

test_an_account_of_its_namespace_will_do if {
	own_accounts.findings == set() with input as account({
		"kind": "ServiceAccount",
		"name": "retrieval",
		"namespace": "acme-prod",
	})
}
