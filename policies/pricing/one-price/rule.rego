# METADATA
# scope: package
# title: At every moment a tenant has one price
# description: >-
#   A tenant that names no price plan pays the one in force for its bundle. Where there is none its
#   month is not billed, where there are two nobody knows which.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2006/112/oj
#     description: VAT Directive 2006/112/EC Article 226(8), unit price
# custom:
#   short_name: one-price
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     none: "{tenant} names no price plan and there is none for its plan {plan}"
#     two: "{tenant} names no price plan, and {one} and {other} are in force for its plan at once"
#   remedy: >-
#     Name the price plan, or give every plan but the last an effectiveUntil that is the
#     effectiveFrom of the next.
#   controls: ["SOC2 PI1.1", "SOC2 PI1.3", "SOC2 CC3.2"]
package controlplane.pricing.one_price

spec := input.subject.resource.spec

plans := object.get(input.references, "PricePlan", {})

findings contains finding if {
	not spec.pricePlan
	count(plans) == 0
	count(spec.placements) > 0
	finding := {
		"code": "none",
		"path": ["spec"],
		"params": {"plan": spec.plan, "tenant": input.subject.name},
	}
}

findings contains finding if {
	not spec.pricePlan
	some one, first in plans
	some other, second in plans
	one < other
	not apart(first, second)
	not apart(second, first)
	finding := {
		"code": "two",
		"path": ["spec", "plan"],
		"params": {"one": one, "other": other, "tenant": input.subject.name},
	}
}

apart(first, second) if first.spec.effectiveUntil.epochSeconds <= second.spec.effectiveFrom.epochSeconds
