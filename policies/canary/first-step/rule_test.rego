package controlplane.canary.first_step_test

import data.controlplane.canary.first_step

canary_rule(basis_points, weight_text) := {"subject": {
	"name": "careful",
	"resource": {"spec": {"strategy": {"steps": [{"weight": {
		"basisPoints": basis_points,
		"text": weight_text,
	}}]}}},
}}

test_a_large_first_step_is_found if {
	first_step.findings == {{
		"code": "large",
		"path": ["spec", "strategy", "steps", 0, "weight"],
		"params": {"most": 2500, "rule": "careful", "weight": "25.01%"},
	}} with input as canary_rule(2501, "25.01%")
		with data.parameters.canary.first_step.weightAtMostBasisPoints as 2500
}

test_a_quarter_of_the_traffic_will_do if {
	first_step.findings == set() with input as canary_rule(2500, "25.01%")
		with data.parameters.canary.first_step.weightAtMostBasisPoints as 2500
}

test_a_twentieth_of_the_traffic_will_do if {
	first_step.findings == set() with input as canary_rule(500, "5%")
		with data.parameters.canary.first_step.weightAtMostBasisPoints as 2500
}
