package controlplane.canary.judged_test

import data.controlplane.canary.judged

canary_rule(metrics, slos) := {"subject": {
	"name": "careful",
	"resource": {"spec": {"metrics": metrics, "slos": slos}},
}}

failure(action, notify) := {"subject": {
	"name": "careful",
	"resource": {"spec": {"onFailure": {"action": action, "notify": notify}}},
}}

test_a_canary_that_nothing_judges_is_found if {
	judged.findings == {{
		"code": "nothing",
		"path": ["spec"],
		"params": {"rule": "careful"},
	}} with input as canary_rule([], [])
}

test_an_objective_will_do if {
	judged.findings == set() with input as canary_rule([], [{
		"name": "availability",
		"objective": {"basisPoints": 9990, "text": "99.9%"},
		"query": "good",
	}])
}

test_a_metric_will_do if {
	judged.findings == set() with input as canary_rule(
		[{
			"better": "lower",
			"name": "errors",
			"query": "rate(errors[5m])",
		}],
		[],
	)
}

test_a_pause_that_nobody_is_told_of_is_found if {
	judged.findings == {{
		"code": "failure",
		"path": ["spec", "onFailure"],
		"params": {"rule": "careful"},
	}} with input as failure("pause", [])
}

test_a_pause_that_the_owner_is_told_of_will_do if {
	judged.findings == set() with input as failure("pause", ["owner"])
}

test_a_canary_that_goes_back_by_itself_needs_no_word if {
	judged.findings == set() with input as failure("rollback", [])
}
