package controlplane.fleet.spending_test

import data.controlplane.fleet.spending

with_units(units) := {"subject": {"resource": {"spending": {
	"currencies": [{"currency": "EUR", "units": units}],
}}}}

with_currency(currency) := {"subject": {"resource": {"spending": {
	"currencies": [{"currency": currency, "units": 5000}],
}}}}

endless(count, items) := {"subject": {"resource": {"spending": {
	"endless": {"count": count, "items": items},
}}}}

test_one_unit_more_than_can_be_advanced_is_found if {
	spending.findings == {{
		"code": "over",
		"path": ["spending", "currencies", 0],
		"params": {"currency": "EUR", "most": 100000000, "units": 100000001},
	}} with input as with_units(100000001)
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}

test_as_much_as_can_be_advanced_will_do if {
	spending.findings == set() with input as with_units(100000000)
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}

test_a_currency_without_a_limit_is_found if {
	spending.findings == {{
		"code": "unknown-currency",
		"path": ["spending", "currencies", 0],
		"params": {"currency": "CHF", "units": 5000},
	}} with input as with_currency("CHF")
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}

test_a_currency_with_a_limit_will_do if {
	spending.findings == set() with input as with_currency("USD")
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}

test_an_envelope_without_a_limit_is_found if {
	spending.findings == {{
		"code": "endless",
		"path": ["spending", "endless", "items", 0],
		"params": {"count": 1, "tenant": "acme"},
	}} with input as endless(1, [{"tenant": "acme"}])
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}

test_no_such_envelope_will_do if {
	spending.findings == set() with input as endless(0, [])
		with data.parameters.fleet.spending.mostUnits as {"EUR": 100000000, "USD": 100000000}
}
