# METADATA
# scope: package
# title: A tenant's cost envelope stays within its plan
# description: >-
#   The plan says how much a tenant may spend before somebody looks at its credit. An envelope above it
#   lets a tenant run up what it cannot pay.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, usage limits
# custom:
#   short_name: within-plan
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     above: "the envelope of {tenant} is {limit} a {period}; its plan allows {allowed} a month"
#     unlimited: "the envelope of {tenant} is unlimited; its plan allows {allowed} a month"
#     currency: "the envelope of {tenant} is in {currency}; its plan counts in {expected}"
#     unknown-plan: "the price plan of {tenant} is not known, so its envelope cannot be judged"
#   remedy: Lower spec.costEnvelope.limit to what the plan allows in its period, or move the tenant to a larger plan first.
#   controls: ["SOC2 CC3.2", "SOC2 CC5.2"]
package controlplane.budgets.within_plan

import data.controlplane.lib.periods

envelope := input.subject.resource.spec.costEnvelope

limit := envelope.limit

period := object.get(envelope, "period", "month")

allowed contains plan.spec.entitlements.costEnvelope if some plan in input.references.PricePlan

findings contains about("above", {
	"allowed": most.text,
	"limit": limit.text,
	"period": period,
	"tenant": input.subject.name,
}) if {
	some most in allowed
	limit.currency == most.currency
	periods.over(limit.micros, period, most.micros)
}

findings contains about("unlimited", {"allowed": most.text, "tenant": input.subject.name}) if {
	some most in allowed
	limit == "unlimited"
}

findings contains about("currency", {"currency": limit.currency, "expected": most.currency, "tenant": input.subject.name}) if {
	some most in allowed
	limit.currency != most.currency
}

findings contains about("unknown-plan", {"tenant": input.subject.name}) if {
	limit
	not some_plan
}

some_plan if some _ in input.references.PricePlan

about(code, params) := {
	"code": code,
	"path": ["spec", "costEnvelope", "limit"],
	"params": params,
}
