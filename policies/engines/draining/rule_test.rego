package controlplane.engines.draining_test

import data.controlplane.engines.draining

moved(target) := {
	"change": {"before": {"spec": {"placements": [{"target": target}]}}},
	"subject": {"resource": {"spec": {"placements": [{"target": "eu-dev"}]}}},
}

target(stage) := {
	"references": {"Cluster": {"eu-dev": {"spec": {"lifecycle": {"stage": stage}}}}},
	"subject": {"resource": {"spec": {"placements": [{"target": "eu-dev"}]}}},
}

fresh(cluster) := {
	"references": {"Cluster": cluster},
	"subject": {"resource": {"spec": {"placements": [{"target": "eu-west-1"}]}}},
}

new_finding(target) := {
	"code": "new",
	"path": ["spec", "placements", 0, "target"],
	"params": {"target": target},
}

test_a_tenant_that_moves_to_a_draining_target_is_found if {
	draining.findings == {new_finding("eu-dev")} with input as moved("eu-dev-2")
}

test_a_tenant_that_stood_there_may_stay if {
	draining.findings == set() with input as moved("eu-dev")
}

test_a_retired_target_is_found if {
	draining.findings == {{
		"code": "retired",
		"path": ["spec", "placements", 0, "target"],
		"params": {"target": "eu-dev"},
	}} with input as target("retired")
}

test_an_active_target_will_do if draining.findings == set() with input as target("active")

test_a_tenant_that_comes_to_a_draining_target_is_found if {
	asked := fresh({"eu-west-1": {"spec": {"lifecycle": {"stage": "draining"}}}})
	draining.findings == {new_finding("eu-west-1")} with input as asked
}

test_a_target_that_nobody_knows_takes_nobody if {
	draining.findings == {new_finding("eu-west-1")} with input as fresh({})
}

test_a_tenant_that_comes_to_an_active_target_will_do if {
	asked := fresh({"eu-west-1": {"spec": {"lifecycle": {"stage": "active"}}}})
	draining.findings == set() with input as asked
}
