package controlplane.budgets.reacts_in_time_test

import data.controlplane.budgets.reacts_in_time

cap(late_after) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"lateAfter": {"seconds": late_after, "text": "1h"}}},
}}

parameters := {"graceSeconds": 3600, "lateAfterSeconds": 21600}

grace(grace_grace) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"grace": {"seconds": grace_grace, "text": "0s"}}},
}}

late_finding := {
	"code": "late",
	"path": ["spec", "lateAfter"],
	"params": {"after": "1h", "cap": "growth-monthly", "most": 21600},
}

grace_finding := {
	"code": "grace",
	"path": ["spec", "grace"],
	"params": {"after": "0s", "cap": "growth-monthly", "most": 3600},
}

test_a_day_without_data_is_found if {
	reacts_in_time.findings == {late_finding} with input as cap(86400)
		with data.parameters.budgets.reacts_in_time as parameters
}

test_six_hours_and_a_second_without_data_are_found if {
	reacts_in_time.findings == {late_finding} with input as cap(21601)
		with data.parameters.budgets.reacts_in_time as parameters
}

test_six_hours_without_data_will_do if {
	reacts_in_time.findings == set() with input as cap(21600)
		with data.parameters.budgets.reacts_in_time as parameters
}

test_a_day_of_grace_is_found if {
	reacts_in_time.findings == {grace_finding} with input as grace(86400)
		with data.parameters.budgets.reacts_in_time as parameters
}

test_an_hour_and_a_second_of_grace_are_found if {
	reacts_in_time.findings == {grace_finding} with input as grace(3601)
		with data.parameters.budgets.reacts_in_time as parameters
}

test_an_hour_of_grace_will_do if {
	reacts_in_time.findings == set() with input as grace(3600)
		with data.parameters.budgets.reacts_in_time as parameters
}
