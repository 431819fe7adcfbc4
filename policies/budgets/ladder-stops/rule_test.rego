package controlplane.budgets.ladder_stops_test

import data.controlplane.budgets.ladder_stops

cap(basis_points, at_text) := {"subject": {
	"name": "core-cap",
	"resource": {"spec": {"ladder": [{
		"action": "suspend",
		"at": {"basisPoints": basis_points, "text": at_text},
	}]}},
}}

ladder(action) := {"subject": {
	"name": "core-cap",
	"resource": {"spec": {"ladder": [{"action": action, "at": {"basisPoints": 12000}}]}},
}}

with_limit(limit) := {"subject": {
	"name": "core-cap",
	"resource": {"spec": {
		"ladder": [{"action": "suspend", "at": {"basisPoints": 15100, "text": "151%"}}],
		"limit": limit,
	}},
}}

never(limit) := {"subject": {"name": "core-cap", "resource": {"spec": {"limit": limit}}}}

late_finding(at) := {
	"code": "late",
	"path": ["spec", "ladder", 0, "at"],
	"params": {"at": at, "cap": "core-cap", "most": 15000},
}

never_finding := {"code": "never", "path": ["spec", "ladder"], "params": {"cap": "core-cap"}}

test_a_step_that_stops_far_above_the_limit_is_found if {
	ladder_stops.findings == {late_finding("151%")} with input as cap(15100, "151%")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_hundredth_of_a_percent_too_late_is_found if {
	ladder_stops.findings == {late_finding("120%")} with input as cap(15001, "120%")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_the_last_moment_will_do if {
	ladder_stops.findings == set() with input as cap(15000, "151%")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_ladder_that_never_stops_is_found if {
	ladder_stops.findings == {never_finding} with input as ladder("throttle")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_one_step_that_stops_will_do if {
	ladder_stops.findings == set() with input as ladder("suspend")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_limit_that_is_almost_called_unlimited_is_one if {
	ladder_stops.findings == {late_finding("151%")} with input as with_limit("Unlimited")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_what_is_unlimited_has_nothing_to_stop_at if {
	ladder_stops.findings == set() with input as with_limit("unlimited")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_cap_with_a_limit_that_never_stops_is_found if {
	ladder_stops.findings == {never_finding} with input as never({})
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_cap_without_a_limit_need_never_stop if {
	ladder_stops.findings == set() with input as never("unlimited")
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}

test_a_warning_may_come_later_than_the_stop if {
	warning := {"action": "warn", "at": {"basisPoints": 20000, "text": "200%"}}
	asked := json.patch(cap(12000, "120%"), [{"op": "add", "path": "/subject/resource/spec/ladder/1", "value": warning}])
	ladder_stops.findings == set() with input as asked
		with data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints as 15000
}
