package controlplane.budgets.raise_test

import data.controlplane.budgets.raise

cap(up_to) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {
		"increases": {"upTo": {"micros": up_to, "text": "6000.00 EUR"}},
		"limit": {"micros": 5000000000, "text": "5000.00 EUR"},
	}},
}}

roles(increases_roles) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"increases": {"roles": increases_roles}}},
}}

top(increases) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"increases": increases}},
}}

far_finding := {
	"code": "far",
	"path": ["spec", "increases", "upTo"],
	"params": {
		"cap": "growth-monthly",
		"limit": "5000.00 EUR",
		"most": 150,
		"role": "",
		"top": "6000.00 EUR",
	},
}

test_ten_times_the_limit_is_found if {
	raise.findings == {far_finding} with input as cap(50000000000)
		with data.parameters.budgets.raise.mostPercent as 150
}

test_a_millionth_more_than_half_is_found if {
	raise.findings == {far_finding} with input as cap(7500000001)
		with data.parameters.budgets.raise.mostPercent as 150
}

test_half_more_will_do if {
	raise.findings == set() with input as cap(7500000000)
		with data.parameters.budgets.raise.mostPercent as 150
}

test_who_spends_is_found if {
	raise.findings == {{
		"code": "who",
		"path": ["spec", "increases", "roles", 0],
		"params": {"cap": "growth-monthly", "limit": "", "most": 0, "role": "tenant", "top": ""},
	}} with input as roles(["tenant"]) with data.parameters.budgets.raise.mostPercent as 150
}

test_a_robot_beside_a_person_is_found if {
	raise.findings == {{
		"code": "who",
		"path": ["spec", "increases", "roles", 1],
		"params": {"cap": "growth-monthly", "limit": "", "most": 0, "role": "robot", "top": ""},
	}} with input as roles(["finance", "robot"]) with data.parameters.budgets.raise.mostPercent as 150
}

test_who_pays_will_do if {
	raise.findings == set() with input as roles(["finance"])
		with data.parameters.budgets.raise.mostPercent as 150
}

test_a_raise_without_an_end_is_found if {
	raise.findings == {{
		"code": "unlimited",
		"path": ["spec", "increases", "upTo"],
		"params": {"cap": "growth-monthly", "limit": "", "most": 0, "role": "", "top": ""},
	}} with input as top({"upTo": "unlimited"}) with data.parameters.budgets.raise.mostPercent as 150
}

test_no_raise_at_all_will_do if {
	raise.findings == set() with input as top({}) with data.parameters.budgets.raise.mostPercent as 150
}
