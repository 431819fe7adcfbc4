# METADATA
# scope: package
# title: A discount that was given has an approver, and a promotion an end
# description: >-
#   A price that was lowered for one quarter and nobody remembers stays lowered. Who granted it and
#   until when is part of the discount.
# custom:
#   short_name: discount-approved
#   severity: deny
#   subjects: [PricePlan]
#   uses: [parameters]
#   messages:
#     unapproved: "nobody answers for the discount {discount} of {plan}"
#     endless: "the promotion {discount} of {plan} has no end"
#   remedy: >-
#     Name who granted it in approvedBy, and give a promotion an end.
#   controls: ["SOC2 CC1.3", "SOC2 CC5.1", "ISO27001 A.5.4"]
package controlplane.pricing.discount_approved

findings contains about("unapproved", index, discount) if {
	some index, discount in input.subject.resource.spec.discounts
	given(discount)
	not discount.approvedBy
}

findings contains about("endless", index, discount) if {
	some index, discount in input.subject.resource.spec.discounts
	discount.kind == "promotion"
	not discount.ends
}

given(discount) if discount.kind != "volume" # which is earned by size, by everybody alike

given(discount) if discount.percent.basisPoints > data.parameters.pricing.discount_approved.earnedBasisPoints

about(code, index, discount) := {
	"code": code,
	"path": ["spec", "discounts", index],
	"params": {"discount": discount.name, "plan": input.subject.name},
}
