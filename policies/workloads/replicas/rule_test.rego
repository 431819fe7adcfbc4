package controlplane.workloads.replicas_test

import data.controlplane.workloads.replicas

# This is found; each test changes something.
placement := {
	"references": {
		"Environment": {"prod": {"spec": {"tier": "production"}}},
		"Tenant": {"acme": {"spec": {"support": {"tier": "premium"}}}},
	},
	"subject": {"resource": {
		"environment": "prod",
		"objects": [{
			"kind": "Deployment",
			"metadata": {"name": "retrieval"},
			"spec": {"replicas": 1},
		}],
		"tenant": "acme",
	}},
}

parameters := {"minimum": 2, "oneIsEnough": ["standard"]}

changed(path, value) := json.patch(placement, [{"op": "replace", "path": path, "value": value}])

removed(path) := json.patch(placement, [{"op": "remove", "path": path}])

finding(tier) := {
	"code": "single",
	"path": ["objects", 0, "spec", "replicas"],
	"params": {
		"minimum": 2,
		"replicas": 1,
		"tenant": "acme",
		"tier": tier,
		"workload": "retrieval",
	},
}

test_no_word_of_copies_is_one if {
	asked := removed("/subject/resource/objects/0/spec/replicas")
	replicas.findings == {finding("premium")} with input as asked
		with data.parameters.workloads.replicas as parameters
}

test_one_copy_is_found if {
	replicas.findings == {finding("premium")} with input as placement
		with data.parameters.workloads.replicas as parameters
}

test_no_copy_at_all_promises_nothing if {
	replicas.findings == set() with input as changed("/subject/resource/objects/0/spec/replicas", 0)
		with data.parameters.workloads.replicas as parameters
}

test_two_copies_will_do if {
	replicas.findings == set() with input as changed("/subject/resource/objects/0/spec/replicas", 2)
		with data.parameters.workloads.replicas as parameters
}

test_one_copy_in_staging_will_do if {
	replicas.findings == set() with input as changed("/references/Environment/prod/spec/tier", "staging")
		with data.parameters.workloads.replicas as parameters
}

test_one_copy_for_whom_no_more_was_promised_will_do if {
	asked := changed("/references/Tenant/acme/spec/support/tier", "standard")
	replicas.findings == set() with input as asked with data.parameters.workloads.replicas as parameters
}

test_one_copy_of_a_set_will_do if {
	replicas.findings == set() with input as changed("/subject/resource/objects/0/kind", "StatefulSet")
		with data.parameters.workloads.replicas as parameters
}

test_an_environment_that_nobody_knows_counts_as_production if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/references/Environment/prod/spec/tier", "value": "staging"},
		{"op": "replace", "path": "/subject/resource/environment", "value": "prod-2"},
	])
	replicas.findings == {finding("premium")} with input as asked
		with data.parameters.workloads.replicas as parameters
}

test_a_tenant_that_nobody_knows_was_promised_more if {
	replicas.findings == {finding("unknown")} with input as removed("/references/Tenant/acme")
		with data.parameters.workloads.replicas as parameters
}
