# METADATA
# scope: package
# title: A trial is short and is nobody's production
# description: >-
#   What customers of a trial tenant depend on cannot be switched off when the trial ends, so it
#   runs on unpaid. A trial without a beginning, or of a year, is a contract that nobody signed.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/tenant-lifecycle
#     description: Tenant lifecycle, trial tenants
# custom:
#   short_name: trial-limits
#   severity: deny
#   subjects: [Tenant]
#   uses: [references, parameters]
#   messages:
#     production: "{tenant} is a trial and runs in {environment}, which is production"
#     long: "the trial of {tenant} lasts from {since} to {ends}; at most {most} days are allowed"
#     undated: "the trial of {tenant} does not say when it began"
#   remedy: >-
#     Keep a trial in development or staging, say with lifecycle.since when it began, and end it in
#     time; move it to stage active with a price plan where it goes on.
#   controls: ["SOC2 CC3.2", "SOC2 CC6.5", "ISO27001 A.5.20"]
package controlplane.tenancy.trial_limits

import data.controlplane.lib.references

spec := input.subject.resource.spec

# Seconds in a day.
day := 86400

findings contains finding if {
	spec.lifecycle.stage == "trial"
	some index, placement in spec.placements
	references.production(placement.environment)
	finding := {
		"code": "production",
		"path": ["spec", "placements", index, "environment"],
		"params": {"environment": placement.environment, "tenant": input.subject.name},
	}
}

findings contains finding if {
	spec.lifecycle.stage == "trial"
	not spec.lifecycle.since
	finding := {
		"code": "undated",
		"path": ["spec", "lifecycle"],
		"params": {"tenant": input.subject.name},
	}
}

# Only a trial has `trialEnds`.
findings contains finding if {
	most := data.parameters.tenancy.trial_limits.maximumDays
	since := spec.lifecycle.since
	ends := spec.lifecycle.trialEnds
	ends.epochSeconds - since.epochSeconds > most * day
	finding := {
		"code": "long",
		"path": ["spec", "lifecycle", "trialEnds"],
		"params": {
			"ends": ends.text,
			"most": most,
			"since": since.text,
			"tenant": input.subject.name,
		},
	}
}
