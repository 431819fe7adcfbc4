package controlplane.fleet.waivers_ending_test

import data.controlplane.fleet.waivers_ending

test_a_waiver_that_is_over_is_not_about_to_end if {
	codes := {finding.code | some finding in waivers_ending.findings} with input as asked(100)
		with data.parameters.fleet.waivers_ending.days as 7
	codes == {"over"}
}

test_it_is_to_be_asked_again_when_the_warning_begins_and_at_the_end if {
	moments := waivers_ending.valid_until with input as asked(1000000)
		with data.parameters.fleet.waivers_ending.days as 7
	moments == {1000000, 1000000 - (7 * 86400)}
}

asked(expires) := {
	"subject": {"name": "fleet", "resource": {"waivers": {"ending": {"items": [{
		"expires": {"epochSeconds": expires, "text": "then"},
		"rule": "workloads/probes",
		"waiver": "probes",
	}]}}}},
	"time": {"epochSeconds": 100},
}

ending(expires) := {
	"subject": {"resource": {"waivers": {"ending": {"items": [{
		"expires": {"epochSeconds": expires, "text": "2026-12-20T17:00:00Z"},
		"rule": "workloads/probes",
		"waiver": "probes",
	}]}}}},
	"time": {"epochSeconds": 1795255200},
}

test_a_waiver_that_ends_in_three_days_is_about_to_end if {
	waivers_ending.findings == {{
		"code": "soon",
		"path": ["waivers", "ending", "items", 0],
		"params": {
			"expires": "2026-12-20T17:00:00Z",
			"rule": "workloads/probes",
			"waiver": "probes",
		},
	}} with input as ending(1795514400) with data.parameters.fleet.waivers_ending.days as 3
}

test_a_waiver_that_has_ended_is_over if {
	waivers_ending.findings == {{
		"code": "over",
		"path": ["waivers", "ending", "items", 0],
		"params": {
			"expires": "2026-12-20T17:00:00Z",
			"rule": "workloads/probes",
			"waiver": "probes",
		},
	}} with input as ending(1795255200) with data.parameters.fleet.waivers_ending.days as 3
}

test_a_second_before_that_it_is_not if {
	waivers_ending.findings == set() with input as ending(1795514401)
		with data.parameters.fleet.waivers_ending.days as 3
}
