package controlplane.access.default_account_test

import data.controlplane.access.default_account

placement(spec) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": spec}},
}]}}}

finding := {
	"code": "default",
	"path": ["objects", 0, "spec", "template", "spec", "serviceAccountName"],
	"params": {"workload": "retrieval"},
}

test_a_pod_that_names_no_account_is_found if {
	default_account.findings == {finding} with input as placement({})
}

test_the_account_default_is_found if {
	default_account.findings == {finding} with input as placement({"serviceAccountName": "default"})
}

test_an_account_of_its_own_will_do if {
	default_account.findings == set() with input as placement({"serviceAccountName": "retrieval"})
}

test_an_account_that_is_only_named_after_it_will_do if {
	default_account.findings == set() with input as placement({"serviceAccountName": "default-retrieval"})
}
