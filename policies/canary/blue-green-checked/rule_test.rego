package controlplane.canary.blue_green_checked_test

import data.controlplane.canary.blue_green_checked

canary_rule(lasts, type) := {"subject": {
	"name": "standard",
	"resource": {"spec": {"strategy": {"lasts": {"seconds": lasts, "text": "2h"}, "type": type}}},
}}

checks(type) := {"subject": {
	"name": "standard",
	"resource": {"spec": {"preflight": [], "strategy": {"type": type}}},
}}

short_finding := {
	"code": "short",
	"path": ["spec", "strategy", "lasts"],
	"params": {"lasts": "2h", "least": 1800, "rule": "standard"},
}

test_a_short_look_before_all_traffic_moves_is_found if {
	blue_green_checked.findings == {short_finding} with input as canary_rule(60, "blue-green")
		with data.parameters.canary.blue_green_checked.seconds as 1800
}

test_a_second_less_than_half_an_hour_is_found if {
	blue_green_checked.findings == {short_finding} with input as canary_rule(1799, "blue-green")
		with data.parameters.canary.blue_green_checked.seconds as 1800
}

test_half_an_hour_will_do if {
	blue_green_checked.findings == set() with input as canary_rule(1800, "blue-green")
		with data.parameters.canary.blue_green_checked.seconds as 1800
}

test_traffic_that_is_parted_by_cohorts_is_another_matter if {
	blue_green_checked.findings == set() with input as canary_rule(60, "ab")
		with data.parameters.canary.blue_green_checked.seconds as 1800
}

test_traffic_that_moves_unchecked_is_found if {
	blue_green_checked.findings == {{
		"code": "unchecked",
		"path": ["spec", "preflight"],
		"params": {"rule": "standard"},
	}} with input as checks("blue-green") with data.parameters.canary.blue_green_checked.seconds as 1800
}

test_traffic_that_moves_by_steps_is_another_matter if {
	blue_green_checked.findings == set() with input as checks("canary")
		with data.parameters.canary.blue_green_checked.seconds as 1800
}
