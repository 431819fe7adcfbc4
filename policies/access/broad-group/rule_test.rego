package controlplane.access.broad_group_test

import data.controlplane.access.broad_group

admin := {"subject": {"resource": {"spec": {"identity": {"groups": [{"group": "platform-admins", "role": "admin"}]}}}}}

# Without its parameter the rule knows no broad group, so it trusts none.
test_no_parameters if {
	count(broad_group.findings) == 1 with input as admin with data.parameters as {}
}

test_an_empty_list if {
	parameters := {"access": {"broad_group": {"groups": []}}}
	count(broad_group.findings) == 1 with input as admin with data.parameters as parameters
}

identity(role) := {"subject": {"resource": {"spec": {"identity": {
	"groups": [{"group": "everyone", "role": role}],
}}}}}

tenant(group, groups_group, role) := {"subject": {"resource": {
	"spec": {"identity": {"groups": [
		{"group": group, "role": "admin"},
		{"group": groups_group, "role": role},
	]}},
}}}

finding(index, group, role) := {
	"code": "everyone",
	"path": ["spec", "identity", "groups", index, "group"],
	"params": {"group": group, "role": role},
}

test_an_operator_among_everyone_is_found if {
	broad_group.findings == {finding(0, "everyone", "operator")} with input as identity("operator")
		with data.parameters.access.broad_group.groups as ["everyone"]
}

test_a_viewer_among_everyone_will_do if {
	broad_group.findings == set() with input as identity("viewer")
		with data.parameters.access.broad_group.groups as ["everyone"]
}

test_capital_letters_do_not_hide_everyone if {
	asked := tenant("Everyone", "everyone", "viewer")
	broad_group.findings == {finding(0, "Everyone", "admin")} with input as asked
		with data.parameters.access.broad_group.groups as ["everyone"]
}

test_a_developer_among_everyone_is_found if {
	asked := tenant("acme-admins", "everyone", "developer")
	broad_group.findings == {finding(1, "everyone", "developer")} with input as asked
		with data.parameters.access.broad_group.groups as ["everyone"]
}

test_a_group_of_its_own_may_be_admin if {
	broad_group.findings == set() with input as tenant("acme-admins", "everyone", "viewer")
		with data.parameters.access.broad_group.groups as ["everyone"]
}

test_a_narrower_group_that_is_named_after_everyone_will_do if {
	broad_group.findings == set() with input as tenant("acme-admins", "everyone-in-support", "developer")
		with data.parameters.access.broad_group.groups as ["everyone"]
}
