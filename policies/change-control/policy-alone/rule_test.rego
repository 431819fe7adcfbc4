package controlplane.change_control.policy_alone_test

import data.controlplane.change_control.policy_alone

change := {"subject": {"resource": {
	"files": [{"path": "policies/access/broad-group/rule.rego", "class": "policy"}],
	"subjects": [{"kind": "Tenant", "name": "acme"}],
}}}

test_room_that_is_used_is_said_once_and_at_the_rule if {
	loosened := [{"rule": "access/broad-group", "flips": 1, "module": "policies/access/broad-group/rule.rego"}]
	found := policy_alone.findings with input as object.union(change, {"facts": {"loosened": loosened}})
	{[finding.code, finding.path] | some finding in found} == {["uses", ["files", 0]]}
}

test_without_any_it_is_mixed if {
	found := policy_alone.findings with input as object.union(change, {"facts": {"loosened": []}})
	{finding.code | some finding in found} == {"mixed"}
}
