# METADATA
# scope: package
# title: A price that is in force does not change
# description: >-
#   Invoices of the running period were promised under the prices that stand. New prices come as a new
#   price plan with a date ahead, which supersedes the old one.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/pricing-models
#     description: Pricing models for multitenant solutions, contractual implications
# custom:
#   short_name: in-force
#   severity: deny
#   subjects: [PricePlan]
#   uses: [change, time]
#   messages:
#     changed: "{plan} has been in force since {since}; {field} cannot change any more"
#     backdated: "{plan} would take effect on {since}, in the past"
#   remedy: >-
#     Leave this plan as it is; add a new PricePlan that supersedes it, with effectiveFrom in the future.
#   controls: ["SOC2 PI1.3", "SOC2 CC8.1", "ISO27001 A.5.33"]
package controlplane.pricing.in_force

findings contains finding if {
	before := input.change.before.spec.effectiveFrom
	not later(before)
	some field in changed
	finding := {
		"code": "changed",
		"path": field.path,
		"params": {
			"field": concat(".", [sprintf("%v", [step]) | some step in field.path]),
			"plan": input.subject.name,
			"since": before.text,
		},
	}
}

findings contains finding if {
	input.change.operation == "create"
	from := input.subject.resource.spec.effectiveFrom
	not later(from)
	finding := {
		"code": "backdated",
		"path": ["spec", "effectiveFrom"],
		"params": {"plan": input.subject.name, "since": from.text},
	}
}

changed contains field if {
	some field in input.change.fields
	field.path[0] == "spec"
	field.path[1] != "effectiveUntil"
}

# What is ahead when it is asked is in force, or backdated, from then on.
valid_until contains input.change.before.spec.effectiveFrom.epochSeconds if count(changed) > 0

valid_until contains input.subject.resource.spec.effectiveFrom.epochSeconds if {
	input.change.operation == "create"
}

later(moment) if input.time.epochSeconds < moment.epochSeconds
