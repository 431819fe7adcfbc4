package controlplane.change_control.blast_radius_test

import data.controlplane.change_control.blast_radius

change(tenants) := {"subject": {"resource": {"blastRadius": {"tenants": tenants}}}}

finding(reached, limit) := {
	"code": "wide",
	"path": ["blastRadius", "tenants"],
	"params": {"count": reached, "limit": limit},
}

test_one_tenant_more_than_the_limit_is_found if {
	blast_radius.findings == {finding(3, 2)} with input as change(["acme", "borealis", "cedar"])
		with data.parameters.change_control.blast_radius.maximumTenants as 2
}

test_as_many_as_the_limit_will_do if {
	blast_radius.findings == set() with input as change(["acme", "borealis"])
		with data.parameters.change_control.blast_radius.maximumTenants as 2
}

# Without its parameter the rule knows no limit, so it lets nobody be reached.
test_no_parameters if {
	blast_radius.findings == {finding(1, 0)} with input as change(["acme"]) with data.parameters as {}
}
