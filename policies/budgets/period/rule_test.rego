package controlplane.budgets.period_test

import data.controlplane.budgets.period

cap(unit) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"period": {"unit": unit}}},
}}

carried(basis_points) := {"subject": {
	"name": "growth-monthly",
	"resource": {"spec": {"period": {"carryOver": {"basisPoints": basis_points, "text": "0%"}}}},
}}

carried_finding := {
	"code": "carried",
	"path": ["spec", "period", "carryOver"],
	"params": {"cap": "growth-monthly", "most": 2500, "share": "0%", "unit": ""},
}

test_a_quarter_is_found if {
	period.findings == {{
		"code": "long",
		"path": ["spec", "period", "unit"],
		"params": {"cap": "growth-monthly", "most": 0, "share": "", "unit": "quarter"},
	}} with input as cap("quarter") with data.parameters.budgets.period.carryOverBasisPoints as 2500
}

test_a_year_is_found if {
	period.findings == {{
		"code": "long",
		"path": ["spec", "period", "unit"],
		"params": {"cap": "growth-monthly", "most": 0, "share": "", "unit": "year"},
	}} with input as cap("year") with data.parameters.budgets.period.carryOverBasisPoints as 2500
}

test_a_week_will_do if {
	period.findings == set() with input as cap("week")
		with data.parameters.budgets.period.carryOverBasisPoints as 2500
}

test_all_of_it_carried_over_is_found if {
	period.findings == {carried_finding} with input as carried(10000)
		with data.parameters.budgets.period.carryOverBasisPoints as 2500
}

test_a_hundredth_of_a_percent_too_much_is_found if {
	period.findings == {carried_finding} with input as carried(2501)
		with data.parameters.budgets.period.carryOverBasisPoints as 2500
}

test_a_quarter_of_it_will_do if {
	period.findings == set() with input as carried(2500)
		with data.parameters.budgets.period.carryOverBasisPoints as 2500
}
