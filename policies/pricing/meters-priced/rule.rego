# METADATA
# scope: package
# title: What a tenant's packs count has a price
# description: >-
#   A pack that feeds a meter without a price is used for nothing. It is found when the unit costs
#   of a month are compared with its invoices, if they ever are.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/measure-consumption
#     description: Measure the consumption of each tenant
# custom:
#   short_name: meters-priced
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     free: "{pack} feeds the meter {meter}, which has no price in {plan}"
#   remedy: >-
#     Add the meter to a new price plan before the pack runs, or take a price plan that has it.
#   controls: ["SOC2 PI1.1", "SOC2 PI1.3", "SOC2 CC3.2"]
package controlplane.pricing.meters_priced

findings contains finding if {
	some index, wanted in input.subject.resource.spec.packs
	some pack in input.references.Pack
	pack.metadata.name == wanted.name
	some meter in pack.spec.meters
	some plan in input.references.PricePlan
	priced := {each.name | some each in plan.spec.meters}
	not meter in priced
	finding := {
		"code": "free",
		"path": ["spec", "packs", index],
		"params": {"meter": meter, "pack": wanted.name, "plan": plan.metadata.name},
	}
}
