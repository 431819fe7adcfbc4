# METADATA
# scope: package
# title: A tenant's cap is not above what its plan allows
# description: >-
#   The plan says how far a tenant's credit goes. A cap above it lets the bill grow past that before
#   anything slows down or stops.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, usage limits
# custom:
#   short_name: cap-within-plan
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     above: "{cap} lets {tenant} spend {limit} a {period}; its plan allows {allowed} a month"
#     unlimited: "{cap} lets {tenant} spend without limit; its plan allows {allowed} a month"
#     currency: "{cap} of {tenant} is in {currency}; its plan counts in {expected}"
#   remedy: >-
#     Lower the cap to what the plan allows, in the plan's currency, or move the tenant to a larger
#     plan first.
#   controls: ["SOC2 CC3.2", "SOC2 CC5.2", "ISO27001 A.8.6"]
package controlplane.budgets.cap_within_plan

import data.controlplane.lib.periods

spec := input.subject.resource.spec

allowed := [most | some plan in input.references.PricePlan; most := plan.spec.entitlements.costEnvelope]

# Caps of the tenant, with the place where it names them.
caps := [{"cap": cap, "index": index, "name": name} |
	some index
	name := spec.budgetCaps[index]
	cap := input.references.BudgetCap[name].spec
]

findings contains about("above", each, most, {"limit": each.cap.limit.text, "period": each.cap.period.unit}) if {
	some each in caps
	some most in allowed
	each.cap.limit.currency == most.currency
	periods.over(each.cap.limit.micros, each.cap.period.unit, most.micros)
}

findings contains about("unlimited", each, most, {}) if {
	some each in caps
	some most in allowed
	each.cap.limit == "unlimited"
}

findings contains about("currency", each, most, {"currency": each.cap.limit.currency, "expected": most.currency}) if {
	some each in caps
	some most in allowed
	each.cap.limit.currency != most.currency
}

about(code, each, most, params) := {
	"code": code,
	"path": ["spec", "budgetCaps", each.index],
	"params": {
		"allowed": most.text,
		"cap": each.name,
		"currency": object.get(params, "currency", ""),
		"expected": object.get(params, "expected", ""),
		"limit": object.get(params, "limit", ""),
		"period": object.get(params, "period", ""),
		"tenant": input.subject.name,
	},
}
