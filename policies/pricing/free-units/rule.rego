# METADATA
# scope: package
# title: No unit is free without being included
# description: >-
#   A price of nothing in a tier has no end: the largest users pay nothing. What the base fee pays
#   for is an included quantity, which everybody can see.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, unprofitable models
# custom:
#   short_name: free-units
#   severity: deny
#   subjects: [PricePlan]
#   uses: []
#   messages:
#     tier: "{meter} costs nothing in a tier of {plan}"
#     overage: "{meter} costs nothing beyond what is included in {plan}"
#   remedy: >-
#     State what is free as `included`, and a price for the rest.
#   controls: ["SOC2 CC3.2", "SOC2 PI1.1"]
package controlplane.pricing.free_units

meters := input.subject.resource.spec.meters

findings contains about("tier", ["spec", "meters", index, "tiers", step, "price"], meter.name) if {
	some index, meter in meters
	some step, tier in meter.tiers
	tier.price.micros == 0
}

findings contains about("overage", ["spec", "meters", index, "overage", "price"], meter.name) if {
	some index, meter in meters
	meter.overage.price.micros == 0
}

about(code, path, meter) := {
	"code": code,
	"path": path,
	"params": {"meter": meter, "plan": input.subject.name},
}
