# METADATA
# scope: package
# title: A tenant has what its plan includes, and no more
# description: >-
#   Isolation, support and environments beyond the plan are work and hardware that nobody pays for,
#   and a promise the platform does not know it made.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, feature and service levels
# custom:
#   short_name: plan-entitlements
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     isolation: "{tenant} is placed with isolation {isolation}; {plan} includes {included}"
#     support: "{tenant} has support {tier}; {plan} includes {included}"
#     environments: "{tenant} has {count} environments; {plan} includes {included}"
#   remedy: >-
#     Choose what the plan includes, or move the tenant to a larger plan first.
#   controls: ["SOC2 CC3.2", "SOC2 PI1.1", "ISO27001 A.5.20"]
package controlplane.tenancy.plan_entitlements

spec := input.subject.resource.spec

plans := [plan | some plan in input.references.PricePlan]

findings contains about("isolation", path, params) if {
	some plan in plans
	some index, placement in spec.placements
	not isolated(placement, plan)
	path := ["spec", "placements", index, "isolation"]
	params := {
		"included": concat(", ", plan.spec.entitlements.isolation),
		"isolation": placement.isolation,
		"plan": plan.metadata.name,
	}
}

findings contains about("support", ["spec", "support", "tier"], params) if {
	some plan in plans
	not supported(plan)
	params := {
		"included": concat(", ", plan.spec.entitlements.support),
		"plan": plan.metadata.name,
		"tier": spec.support.tier,
	}
}

findings contains about("environments", ["spec", "placements"], params) if {
	some plan in plans
	some most in [limit | limit := plan.spec.entitlements.environments; is_number(limit)]
	used := {placement.environment | some placement in spec.placements}
	count(used) > most
	params := {"count": count(used), "included": most, "plan": plan.metadata.name}
}

isolated(placement, plan) if placement.isolation in plan.spec.entitlements.isolation

supported(plan) if spec.support.tier in plan.spec.entitlements.support

about(code, path, params) := {
	"code": code,
	"path": path,
	"params": {
		"count": object.get(params, "count", 0),
		"included": params.included,
		"isolation": object.get(params, "isolation", ""),
		"plan": params.plan,
		"tenant": input.subject.name,
		"tier": object.get(params, "tier", ""),
	},
}
