# METADATA
# scope: package
# title: Discounts together leave a price
# description: >-
#   Each discount was approved by itself; together they go below what the plan costs us. What can
#   apply at once is added up as if it did.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, unprofitable models
# custom:
#   short_name: discount-depth
#   severity: deny
#   subjects: [PricePlan]
#   uses: [parameters]
#   messages:
#     deep: "the discounts of {plan} come to {sum} basis points together; at most {most} are allowed"
#   remedy: >-
#     Lower or end some of the discounts, or have finance raise the parameter.
#   controls: ["SOC2 CC3.2", "SOC2 CC5.1"]
package controlplane.pricing.discount_depth

findings contains finding if {
	most := data.parameters.pricing.discount_depth.mostBasisPoints
	sum([discount.percent.basisPoints | some discount in input.subject.resource.spec.discounts]) > most
	finding := {
		"code": "deep",
		"path": ["spec", "discounts"],
		"params": {
			"most": most,
			"plan": input.subject.name,
			"sum": sum([discount.percent.basisPoints | some discount in input.subject.resource.spec.discounts]),
		},
	}
}
