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
