package controlplane.canary.missing_data_test

import data.controlplane.canary.missing_data

canary_rule(metrics, slos) := {"subject": {
	"name": "standard",
	"resource": {"spec": {"metrics": metrics, "slos": slos}},
}}

test_metrics_that_all_wait_for_data_are_found if {
	missing_data.findings == {{
		"code": "waits",
		"path": ["spec", "metrics"],
		"params": {"rule": "standard"},
	}} with input as canary_rule([{"missing": "wait"}, {"missing": "wait"}], [])
}

test_one_that_fails_without_data_will_do if {
	missing_data.findings == set() with input as canary_rule([{"missing": "wait"}, {"missing": "fail"}], [])
}

test_an_objective_beside_them_will_do if {
	missing_data.findings == set() with input as canary_rule([{"missing": "wait"}], [{}])
}

test_nothing_to_wait_for_will_do if {
	missing_data.findings == set() with input as canary_rule([], [])
}
