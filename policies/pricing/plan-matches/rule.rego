# METADATA
# scope: package
# title: A tenant pays the price of the plan it has
# description: >-
#   A tenant on one plan with another plan's prices is billed wrongly every month until somebody
#   compares the two by hand.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2006/112/oj
#     description: VAT Directive 2006/112/EC Article 226(8), unit price
# custom:
#   short_name: plan-matches
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     other-plan: "{tenant} has plan {plan} and pays {price}, which is not the price of it"
#   remedy: Name a price plan that is for the tenant's plan, or leave pricePlan out to take the one in force.
#   controls: ["SOC2 PI1.1", "ISO27001 A.5.33"]
package controlplane.pricing.plan_matches

spec := input.subject.resource.spec

findings contains finding if {
	price := spec.pricePlan
	not fits(price)
	finding := {
		"code": "other-plan",
		"path": ["spec", "pricePlan"],
		"params": {"plan": spec.plan, "price": price, "tenant": input.subject.name},
	}
}

# A price plan that is for no plan in particular is for whoever names it.
fits(price) if object.get(input.references.PricePlan[price].spec, "plan", spec.plan) == spec.plan
