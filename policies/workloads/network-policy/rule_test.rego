package controlplane.workloads.network_policy_test

import data.controlplane.workloads.network_policy

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [
	{"kind": "Namespace", "metadata": {"name": "acme-prod"}},
	{
		"kind": "NetworkPolicy",
		"metadata": {"namespace": "acme-prod"},
		"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
	},
	{"metadata": {"namespace": "acme-prod"}},
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

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects", path]),
}])

finding(index, namespace) := {
	"code": "no-default-deny",
	"path": ["objects", index],
	"params": {"namespace": namespace},
}

test_a_policy_that_lets_everything_in_is_found if {
	network_policy.findings == {finding(0, "acme-prod")} with input as added("1/spec/ingress", [{}])
}

test_a_policy_without_a_rule_will_do if {
	network_policy.findings == set() with input as added("1/spec/ingress", [])
}

test_a_policy_that_lets_everything_out_is_found if {
	network_policy.findings == {finding(0, "acme-prod")} with input as added("1/spec/egress", [{}])
}

test_an_empty_list_of_rules_will_do if {
	network_policy.findings == set() with input as added("1/spec/egress", [])
}

test_a_policy_for_one_direction_is_found if {
	network_policy.findings == {finding(0, "acme-prod")} with input as removed("1/spec/policyTypes/1")
}

test_a_policy_for_both_directions_will_do if {
	network_policy.findings == set() with input as placement
}

test_a_policy_for_some_pods_is_found if {
	asked := added("1/spec/podSelector/matchLabels", {})
	network_policy.findings == {finding(0, "acme-prod")} with input as asked
}

test_a_policy_of_another_namespace_is_found if {
	asked := changed("1/metadata/namespace", "acme-dev")
	network_policy.findings == {finding(0, "acme-prod")} with input as asked
}

test_what_is_no_policy_is_found if {
	asked := changed("1/kind", "AdminNetworkPolicy")
	network_policy.findings == {finding(0, "acme-prod")} with input as asked
}

test_an_object_in_a_namespace_without_a_policy_is_found if {
	asked := changed("2/metadata/namespace", "acme-stage")
	network_policy.findings == {finding(2, "acme-stage")} with input as asked
}

test_a_namespace_that_is_made_without_a_policy_is_found if {
	network_policy.findings == {finding(0, "acme-new")} with input as changed("0/metadata/name", "acme-new")
}

test_an_object_of_the_cluster_has_no_namespace_to_close if {
	network_policy.findings == set() with input as removed("2/metadata/namespace")
}

test_the_name_of_an_object_is_no_namespace if {
	network_policy.findings == set() with input as added("2/metadata/name", "retrieval")
}
