package controlplane.budgets.cap_within_plan_test

import data.controlplane.budgets.cap_within_plan

# Above by number, but in money that is worth less: only the currency is wrong.
test_amounts_in_two_currencies_are_not_compared if {
	codes := {finding.code | some finding in cap_within_plan.findings} with input as asked
	codes == {"currency"}
}

asked := {
	"subject": {"name": "acme", "resource": {"spec": {"budgetCaps": ["monthly"]}}},
	"references": {
		"BudgetCap": {"monthly": {"spec": {
			"limit": {"currency": "JPY", "micros": 9000000000, "text": "9000 JPY"},
			"period": {"unit": "month"},
		}}},
		"PricePlan": {"core": {"spec": {"entitlements": {"costEnvelope": {
			"currency": "USD",
			"micros": 500000000,
			"text": "500.00 USD",
		}}}}},
	},
}

# Nothing is found in it; each test changes something.
tenant := {
	"references": {
		"BudgetCap": {"growth-monthly": {"spec": {
			"limit": {"currency": "EUR", "micros": 5000000000, "text": "5000.00 EUR"},
			"period": {"unit": "month"},
		}}},
		"PricePlan": {"growth-2026": {"spec": {"entitlements": {
			"costEnvelope": {"currency": "EUR", "micros": 5000000000, "text": "5000.00 EUR"},
		}}}},
	},
	"subject": {"name": "acme", "resource": {"spec": {"budgetCaps": ["growth-monthly"]}}},
}

changed(path, value) := json.patch(tenant, [{
	"op": "replace",
	"path": concat("/", ["/references/BudgetCap/growth-monthly/spec", path]),
	"value": value,
}])

removed(path) := json.patch(tenant, [{
	"op": "remove",
	"path": concat("/", ["/references/BudgetCap/growth-monthly/spec", path]),
}])

above_finding(period) := {
	"code": "above",
	"path": ["spec", "budgetCaps", 0],
	"params": {
		"allowed": "5000.00 EUR",
		"cap": "growth-monthly",
		"currency": "",
		"expected": "",
		"limit": "5000.00 EUR",
		"period": period,
		"tenant": "acme",
	},
}

test_more_than_the_plan_allows_is_found if {
	cap_within_plan.findings == {above_finding("month")} with input as changed("limit/micros", 9000000000)
}

test_a_millionth_more_is_found if {
	cap_within_plan.findings == {above_finding("month")} with input as changed("limit/micros", 5000000001)
}

test_a_limit_by_the_day_is_taken_times_the_days_of_a_month if {
	cap_within_plan.findings == {above_finding("day")} with input as changed("period/unit", "day")
}

test_as_much_of_another_currency_is_found if {
	cap_within_plan.findings == {{
		"code": "currency",
		"path": ["spec", "budgetCaps", 0],
		"params": {
			"allowed": "5000.00 EUR",
			"cap": "growth-monthly",
			"currency": "USD",
			"expected": "EUR",
			"limit": "",
			"period": "",
			"tenant": "acme",
		},
	}} with input as changed("limit/currency", "USD")
}

test_as_much_as_the_plan_allows_will_do if {
	cap_within_plan.findings == set() with input as tenant
}

test_a_cap_that_the_tenant_does_not_name_is_not_its_own if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/limit/micros",
			"value": 9000000000,
		},
		{"op": "remove", "path": "/subject/resource/spec/budgetCaps/0"},
	])
	cap_within_plan.findings == set() with input as asked
}

test_a_plan_without_a_limit_allows_any if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/limit/micros",
			"value": 9000000000,
		},
		{"op": "remove", "path": "/references/PricePlan/growth-2026/spec/entitlements/costEnvelope"},
	])
	cap_within_plan.findings == set() with input as asked
}

test_a_year_of_more_than_twelve_months_of_the_plan_is_found if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/limit/micros",
			"value": 60000000001,
		},
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/period/unit",
			"value": "year",
		},
	])
	cap_within_plan.findings == {above_finding("year")} with input as asked
}

test_a_year_of_twelve_months_of_the_plan_will_do if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/limit/micros",
			"value": 60000000000,
		},
		{
			"op": "replace",
			"path": "/references/BudgetCap/growth-monthly/spec/period/unit",
			"value": "year",
		},
	])
	cap_within_plan.findings == set() with input as asked
}

test_no_limit_is_found if {
	cap_within_plan.findings == {{
		"code": "unlimited",
		"path": ["spec", "budgetCaps", 0],
		"params": {
			"allowed": "5000.00 EUR",
			"cap": "growth-monthly",
			"currency": "",
			"expected": "",
			"limit": "",
			"period": "",
			"tenant": "acme",
		},
	}} with input as changed("limit", "unlimited")
}

test_a_cap_without_money_will_do if {
	cap_within_plan.findings == set() with input as removed("limit")
}
