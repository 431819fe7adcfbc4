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
