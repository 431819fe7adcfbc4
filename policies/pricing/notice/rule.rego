# METADATA
# scope: package
# title: New prices are announced in time
# description: >-
#   Customers have a contract with a time of notice. A plan that takes the place of another next
#   week breaks it for everybody who pays it.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, notice of changes
# custom:
#   short_name: notice
#   severity: deny
#   subjects: [PricePlan]
#   uses: [change, time, parameters]
#   messages:
#     short: "{plan} takes the place of {before} on {begins}; {days} days of notice are demanded"
#   remedy: >-
#     Let it take effect later, or have the customers agree and finance lower the parameter.
#   controls: ["SOC2 CC2.3", "ISO27001 A.5.20"]
package controlplane.pricing.notice

# Seconds in a day.
day := 86400

# A plan that supersedes none is new to whoever takes it: there is nobody to be told.
findings contains finding if {
	input.change.operation == "create"
	spec := input.subject.resource.spec
	days := data.parameters.pricing.notice.days
	spec.effectiveFrom.epochSeconds - input.time.epochSeconds < days * day
	finding := {
		"code": "short",
		"path": ["spec", "effectiveFrom"],
		"params": {
			"before": spec.supersedes,
			"begins": spec.effectiveFrom.text,
			"days": days,
			"plan": input.subject.name,
		},
	}
}

# The first second at which the notice would be too short.
valid_until contains late if {
	input.change.operation == "create"
	spec := input.subject.resource.spec
	spec.supersedes
	late := (spec.effectiveFrom.epochSeconds - (data.parameters.pricing.notice.days * day)) + 1
}
