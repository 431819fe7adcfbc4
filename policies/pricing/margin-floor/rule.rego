# METADATA
# scope: package
# title: A price plan has a margin floor
# description: >-
#   Without a floor a discount, or a provider's new price, turns a plan into a loss that nobody decided
#   on.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, unprofitable models
# custom:
#   short_name: margin-floor
#   severity: deny
#   subjects: [PricePlan]
#   uses: [parameters]
#   messages:
#     none: "{plan} has no margin floor; at least {minimum} basis points are demanded"
#     low: "the margin floor of {plan} is {floor}; at least {minimum} basis points are demanded"
#   remedy: Set spec.marginFloor to at least the minimum, or have finance lower the parameter.
#   controls: ["SOC2 CC3.2", "SOC2 PI1.1"]
package controlplane.pricing.margin_floor

default minimum := 10000

minimum := data.parameters.pricing.margin_floor.minimumBasisPoints

findings contains finding if {
	not input.subject.resource.spec.marginFloor
	finding := {
		"code": "none",
		"path": ["spec"],
		"params": {"minimum": minimum, "plan": input.subject.name},
	}
}

findings contains finding if {
	floor := input.subject.resource.spec.marginFloor
	floor.basisPoints < minimum
	finding := {
		"code": "low",
		"path": ["spec", "marginFloor"],
		"params": {"floor": floor.text, "minimum": minimum, "plan": input.subject.name},
	}
}
