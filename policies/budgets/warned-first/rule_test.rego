package controlplane.budgets.warned_first_test

import data.controlplane.budgets.warned_first

cap(basis_points) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"ladder": [
		{"at": {"basisPoints": basis_points}, "notify": ["owner"]},
		{"action": "suspend", "at": {"basisPoints": 12000, "text": "120%"}},
	]}},
}}

first(action) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"ladder": [{"action": action, "at": {"text": "120%"}}]}},
}}

notified(notify) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"ladder": [
		{"at": {"basisPoints": 8000}, "notify": notify},
		{"action": "suspend", "at": {"basisPoints": 12000, "text": "120%"}},
	]}},
}}

last(action) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"ladder": [
		{"at": {"basisPoints": 8000}, "notify": ["owner"]},
		{"action": action, "at": {"basisPoints": 12000, "text": "120%"}, "notify": []},
	]}},
}}

unwarned_finding(index) := {
	"code": "unwarned",
	"path": ["spec", "ladder", index],
	"params": {"at": "120%", "cap": "growth-monthly"},
}

test_a_word_afterwards_is_found if {
	warned_first.findings == {unwarned_finding(1)} with input as cap(12001)
}

test_a_word_at_the_same_moment_is_found if {
	warned_first.findings == {unwarned_finding(1)} with input as cap(12000)
}

test_a_word_just_before_will_do if warned_first.findings == set() with input as cap(11999)

test_a_stop_as_the_first_step_is_found if {
	warned_first.findings == {unwarned_finding(0)} with input as first("suspend")
}

test_what_only_throttles_needs_no_warning if {
	warned_first.findings == set() with input as first("throttle")
}

test_a_warning_to_nobody_is_found if {
	warned_first.findings == {unwarned_finding(1)} with input as notified([])
}

test_a_warning_to_somebody_will_do if {
	warned_first.findings == set() with input as notified(["owner"])
}

test_a_stop_without_a_word_is_found if {
	warned_first.findings == {{
		"code": "silent",
		"path": ["spec", "ladder", 1],
		"params": {"at": "120%", "cap": "growth-monthly"},
	}} with input as last("suspend")
}

test_a_throttle_without_a_word_will_do if {
	warned_first.findings == set() with input as last("throttle")
}
