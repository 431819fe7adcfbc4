package controlplane.budgets.within_plan_test

import data.controlplane.budgets.within_plan

test_amounts_in_two_currencies_are_not_compared if {
	codes := {finding.code | some finding in within_plan.findings} with input as asked
	codes == {"currency"}
}

asked := {
	"subject": {
		"name": "acme",
		"resource": {"spec": {"costEnvelope": {"limit": {
			"currency": "JPY",
			"micros": 9000000000,
			"text": "9000 JPY",
		}}}},
	},
	"references": {"PricePlan": {"core": {"spec": {"entitlements": {"costEnvelope": {
		"currency": "USD",
		"micros": 500000000,
		"text": "500.00 USD",
	}}}}}},
}

tenant(currency, limit, limit_text) := {
	"references": {"PricePlan": {"core-2026": {"spec": {
		"entitlements": {"costEnvelope": {
			"currency": "EUR",
			"micros": 500000000,
			"text": "500.00 EUR",
		}},
	}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"costEnvelope": {"limit": {
			"currency": currency,
			"micros": limit,
			"text": limit_text,
		}}}},
	},
}

unlimited(entitlements) := {
	"references": {"PricePlan": {"core-2026": {"spec": {"entitlements": entitlements}}}},
	"subject": {"name": "acme", "resource": {"spec": {"costEnvelope": {"limit": "unlimited"}}}},
}

unplanned(spec) := {"subject": {"name": "acme", "resource": {"spec": spec}}}

test_more_than_the_plan_allows_is_found if {
	within_plan.findings == {{
		"code": "above",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"allowed": "500.00 EUR", "limit": "501.00 EUR", "period": "month", "tenant": "acme"},
	}} with input as tenant("EUR", 501000000, "501.00 EUR")
}

test_a_millionth_more_is_found if {
	within_plan.findings == {{
		"code": "above",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"allowed": "500.00 EUR", "limit": "400.00 EUR", "period": "month", "tenant": "acme"},
	}} with input as tenant("EUR", 500000001, "400.00 EUR")
}

test_another_currency_is_found if {
	within_plan.findings == {{
		"code": "currency",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"currency": "USD", "expected": "EUR", "tenant": "acme"},
	}} with input as tenant("USD", 10000000, "10.00 USD")
}

test_a_currency_in_small_letters_is_another if {
	within_plan.findings == {{
		"code": "currency",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"currency": "eur", "expected": "EUR", "tenant": "acme"},
	}} with input as tenant("eur", 400000000, "400.00 EUR")
}

test_as_much_as_the_plan_allows_will_do if {
	within_plan.findings == set() with input as tenant("EUR", 500000000, "501.00 EUR")
}

test_no_limit_is_found if {
	within_plan.findings == {{
		"code": "unlimited",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"allowed": "500.00 EUR", "tenant": "acme"},
	}} with input as unlimited({"costEnvelope": {"text": "500.00 EUR"}})
}

test_no_limit_under_a_plan_without_one_will_do if {
	within_plan.findings == set() with input as unlimited({})
}

test_a_limit_under_a_plan_that_nobody_knows_is_found if {
	within_plan.findings == {{
		"code": "unknown-plan",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"tenant": "acme"},
	}} with input as unplanned({"costEnvelope": {"limit": {}}})
}

test_no_limit_declared_will_do_under_any_plan if {
	within_plan.findings == set() with input as unplanned({})
}

every_period(period, micros) := {
	"references": {"PricePlan": {"core-2026": {"spec": {
		"entitlements": {"costEnvelope": {
			"currency": "EUR",
			"micros": 500000000,
			"text": "500.00 EUR",
		}},
	}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"costEnvelope": {
			"limit": {
				"currency": "EUR",
				"micros": micros,
				"text": "x EUR",
			},
			"period": period,
		}}},
	},
}

test_as_much_a_week_is_more_in_a_month if {
	within_plan.findings == {{
		"code": "above",
		"path": ["spec", "costEnvelope", "limit"],
		"params": {"allowed": "500.00 EUR", "limit": "x EUR", "period": "week", "tenant": "acme"},
	}} with input as every_period("week", 100000001)
}

test_a_part_of_it_a_week_will_do if {
	within_plan.findings == set() with input as every_period("week", 100000000)
}

test_as_much_for_a_year_as_twelve_months_will_do if {
	within_plan.findings == set() with input as every_period("year", 6000000000)
}
