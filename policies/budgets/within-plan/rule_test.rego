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
