package controlplane.engines.capabilities_test

import data.controlplane.engines.capabilities

offered(capability, environments) := {
	"references": {
		"Cluster": {"eu-west-1": {"spec": {"capabilities": [capability]}}},
		"Pack": {"retrieval@1.3.0": {
			"metadata": {"name": "retrieval"},
			"spec": {"compatibility": {"capabilities": ["network-policy"]}},
		}},
	},
	"subject": {"resource": {"spec": {
		"packs": [{"environments": environments, "name": "retrieval"}],
		"placements": [{"environment": "prod", "target": "eu-west-1"}],
	}}},
}

needed(cluster, capability) := {
	"references": {
		"Cluster": cluster,
		"Pack": {"retrieval@1.3.0": {
			"metadata": {"name": "retrieval"},
			"spec": {"compatibility": {"capabilities": [capability]}},
		}},
	},
	"subject": {"resource": {"spec": {
		"packs": [{"name": "retrieval"}],
		"placements": [
			{"environment": "dev", "target": "eu-dev"},
			{"environment": "prod", "target": "eu-west-1"},
		],
	}}},
}

finding(index, capability, target) := {
	"code": "missing",
	"path": ["spec", "placements", index, "target"],
	"params": {"capability": capability, "pack": "retrieval", "target": target},
}

test_a_capability_that_is_spelt_otherwise_is_another if {
	asked := offered("network-policies", {})
	capabilities.findings == {finding(0, "network-policy", "eu-west-1")} with input as asked
}

test_a_target_that_can_do_it_will_do if {
	capabilities.findings == set() with input as offered("network-policy", {})
}

test_a_pack_that_is_disabled_there_needs_nothing_of_it if {
	capabilities.findings == set() with input as offered("network-policies", {"prod": {"enabled": false}})
}

test_a_pack_that_needs_more_than_the_target_can_do_is_found if {
	capabilities.findings == {
		finding(0, "gpu", "eu-dev"),
		finding(1, "gpu", "eu-west-1"),
	} with input as needed(
		{
			"eu-dev": {"spec": {"capabilities": ["network-policy"]}},
			"eu-west-1": {"spec": {"capabilities": ["network-policy"]}},
		},
		"gpu",
	)
}

test_a_target_that_nobody_knows_can_do_nothing if {
	asked := needed({"eu-west-1": {"spec": {"capabilities": ["network-policy"]}}}, "network-policy")
	capabilities.findings == {finding(0, "network-policy", "eu-dev")} with input as asked
}

test_what_the_target_can_do_will_do if {
	capabilities.findings == set() with input as needed(
		{
			"eu-dev": {"spec": {"capabilities": ["network-policy"]}},
			"eu-west-1": {"spec": {"capabilities": ["network-policy"]}},
		},
		"network-policy",
	)
}

test_a_pack_that_the_tenant_does_not_run_needs_nothing if {
	train := {"references": {"Pack": {"retrieval@1.3.0": {"metadata": {"name": "train"}}}}}
	capabilities.findings == set() with input as object.union(offered("network-policies", {}), train)
}
