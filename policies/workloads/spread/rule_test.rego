package controlplane.workloads.spread_test

import data.controlplane.workloads.spread

with_replicas(replicas) := {"subject": {"resource": {
	"environment": "prod",
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"replicas": replicas},
	}],
}}}

with_tier(tier) := {
	"references": {"Environment": {"prod": {"spec": {"tier": tier}}}},
	"subject": {"resource": {
		"environment": "prod",
		"objects": [{
			"kind": "Deployment",
			"metadata": {"name": "retrieval"},
			"spec": {"replicas": 2},
		}],
	}},
}

with_kind(kind) := {"subject": {"resource": {
	"environment": "prod",
	"objects": [{"kind": kind, "metadata": {"name": "retrieval"}, "spec": {"replicas": 2}}],
}}}

constraints(topology_spread_constraints) := {"subject": {"resource": {
	"environment": "prod",
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {
			"replicas": 2,
			"template": {"spec": {"topologySpreadConstraints": topology_spread_constraints}},
		},
	}],
}}}

affinity(pod_anti_affinity) := {"subject": {"resource": {
	"environment": "prod",
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {
			"replicas": 2,
			"template": {"spec": {"affinity": {"podAntiAffinity": pod_anti_affinity}}},
		},
	}],
}}}

finding := {
	"code": "together",
	"path": ["objects", 0, "spec", "template", "spec"],
	"params": {"workload": "retrieval"},
}

test_two_copies_on_one_node_are_found if {
	spread.findings == {finding} with input as with_replicas(2)
}

test_one_copy_needs_no_other_node if spread.findings == set() with input as with_replicas(1)

test_copies_on_one_node_in_production_are_found if {
	spread.findings == {finding} with input as with_tier("production")
}

test_copies_on_one_node_in_staging_will_do if {
	spread.findings == set() with input as with_tier("staging")
}

test_copies_of_a_deployment_are_found if {
	spread.findings == {finding} with input as with_kind("Deployment")
}

test_copies_of_a_set_have_places_of_their_own if {
	spread.findings == set() with input as with_kind("StatefulSet")
}

test_a_constraint_that_is_null_is_none if {
	spread.findings == {finding} with input as constraints(null)
}

test_a_constraint_will_do if spread.findings == set() with input as constraints([{}])

test_an_affinity_of_nothing_is_none if spread.findings == {finding} with input as affinity({})

test_copies_that_keep_apart_will_do if {
	spread.findings == set() with input as affinity({"requiredDuringSchedulingIgnoredDuringExecution": []})
}
