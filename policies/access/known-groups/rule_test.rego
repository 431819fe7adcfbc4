package controlplane.access.known_groups_test

import data.controlplane.access.known_groups

placement(name) := {
	"references": {"Tenant": {
		"acme": {"spec": {"identity": {"groups": [{"group": "acme-developers"}]}}},
		"agency": {"spec": {"identity": {"groups": [{"group": "agency-admins"}]}}},
	}},
	"subject": {"resource": {
		"objects": [{
			"kind": "RoleBinding",
			"metadata": {"name": "developers"},
			"subjects": [{"kind": "Group", "name": name}],
		}],
		"tenant": "acme",
	}},
}

bound(kind, subjects_kind) := {"subject": {"resource": {
	"objects": [{
		"kind": kind,
		"metadata": {"name": "developers"},
		"subjects": [{"kind": subjects_kind, "name": "acme:acme-developer"}],
	}],
	"tenant": "acme",
}}}

person(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "developers"},
	"subjects": [{"kind": "User", "name": "acme:acme-developers"}],
}]}}}

group_finding(name) := {
	"code": "group",
	"path": ["objects", 0, "subjects", 0],
	"params": {"binding": "developers", "name": name, "tenant": "acme"},
}

test_the_group_of_another_tenant_is_found if {
	asked := placement("acme2:acme-developers")
	known_groups.findings == {group_finding("acme2:acme-developers")} with input as asked
}

test_a_group_without_its_tenant_is_found if {
	known_groups.findings == {group_finding("acme-developers")} with input as placement("acme-developers")
}

test_the_tenants_own_group_will_do if {
	known_groups.findings == set() with input as placement("acme:acme-developers")
}

test_a_group_of_its_agency_will_do if {
	known_groups.findings == set() with input as placement("agency:agency-admins")
}

test_a_group_that_is_named_like_one_is_found if {
	asked := bound("RoleBinding", "Group")
	known_groups.findings == {group_finding("acme:acme-developer")} with input as asked
}

test_a_service_account_is_no_group if {
	known_groups.findings == set() with input as bound("RoleBinding", "ServiceAccount")
}

test_what_is_no_binding_gives_no_right if {
	known_groups.findings == set() with input as bound("ConfigMap", "Group")
}

test_one_person_is_found if {
	known_groups.findings == {{
		"code": "user",
		"path": ["objects", 0, "subjects", 0],
		"params": {"binding": "developers", "name": "acme:acme-developers"},
	}} with input as person("RoleBinding")
}

test_one_person_in_what_is_no_binding_will_do if {
	known_groups.findings == set() with input as person("ConfigMap")
}
