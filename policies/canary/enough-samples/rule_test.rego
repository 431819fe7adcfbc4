package controlplane.canary.enough_samples_test

import data.controlplane.canary.enough_samples

# Nothing is found in it; each test changes something.
canary_rule := {"subject": {
	"name": "standard",
	"resource": {"spec": {"strategy": {"steps": [
		{"minimumSamples": 200, "pause": {"seconds": 900, "text": "15m"}, "weight": {"text": "5%"}},
		{
			"minimumSamples": 1000,
			"pause": {"seconds": 3600, "text": "1h"},
			"weight": {"text": "100%"},
		},
	]}}},
}}

changed(path, value) := json.patch(canary_rule, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/spec/strategy/steps", path]),
	"value": value,
}])

test_few_requests_are_found if {
	enough_samples.findings == {{
		"code": "few",
		"path": ["spec", "strategy", "steps", 0, "minimumSamples"],
		"params": {"least": 50, "pause": "15m", "rule": "standard", "samples": 5, "weight": "5%"},
	}} with input as changed("0/minimumSamples", 5)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_one_request_too_few_is_found if {
	enough_samples.findings == {{
		"code": "few",
		"path": ["spec", "strategy", "steps", 0, "minimumSamples"],
		"params": {"least": 50, "pause": "15m", "rule": "standard", "samples": 49, "weight": "5%"},
	}} with input as changed("0/minimumSamples", 49)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_just_enough_requests_will_do if {
	enough_samples.findings == set() with input as changed("0/minimumSamples", 50)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_the_last_step_is_looked_at_as_well if {
	enough_samples.findings == {{
		"code": "few",
		"path": ["spec", "strategy", "steps", 1, "minimumSamples"],
		"params": {"least": 50, "pause": "1h", "rule": "standard", "samples": 0, "weight": "100%"},
	}} with input as changed("1/minimumSamples", 0)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_enough_at_the_last_step_will_do if {
	enough_samples.findings == set() with input as canary_rule
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_a_short_pause_is_found if {
	enough_samples.findings == {{
		"code": "short",
		"path": ["spec", "strategy", "steps", 0, "pause"],
		"params": {
			"least": 300,
			"pause": "15m",
			"rule": "standard",
			"samples": 200,
			"weight": "5%",
		},
	}} with input as changed("0/pause/seconds", 10)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_just_enough_of_a_pause_will_do if {
	enough_samples.findings == set() with input as changed("0/pause/seconds", 300)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}

test_a_second_too_short_is_found if {
	enough_samples.findings == {{
		"code": "short",
		"path": ["spec", "strategy", "steps", 1, "pause"],
		"params": {
			"least": 300,
			"pause": "1h",
			"rule": "standard",
			"samples": 1000,
			"weight": "100%",
		},
	}} with input as changed("1/pause/seconds", 299)
		with data.parameters.canary.enough_samples as {"samples": 50, "seconds": 300}
}
