# METADATA
# scope: package
# title: A trial ends and a tenant that leaves is purged when it was said
# description: >-
#   A trial that has run out keeps using what nobody pays for. A tenant whose purge date has passed is
#   still there although its contract, or the law, says that its data is gone.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 28(3)(g), deletion after the service ends
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/tenant-lifecycle
#     description: Tenant lifecycle, trial tenants
# custom:
#   short_name: lifecycle-dates
#   severity: deny
#   subjects: [Tenant]
#   uses: [time]
#   messages:
#     trial-over: "the trial of {tenant} ended on {date}"
#     purge-due: "{tenant} was to be purged after {date}"
#   remedy: >-
#     Move a trial to stage active with a price plan, or to suspended. Remove a tenant whose purge is
#     due; what a legal hold keeps is kept by the purge.
#   controls: ["SOC2 CC6.5", "SOC2 P4.3", "ISO27001 A.8.10"]
package controlplane.tenancy.lifecycle_dates

lifecycle := input.subject.resource.spec.lifecycle

findings contains about("trial-over", "trialEnds") if {
	lifecycle.stage == "trial"
	not ahead("trialEnds")
}

findings contains about("purge-due", "purgeAfter") if {
	lifecycle.stage == "leaving"
	not ahead("purgeAfter")
}

ahead(field) if input.time.epochSeconds < lifecycle[field].epochSeconds

about(code, field) := {
	"code": code,
	"path": ["spec", "lifecycle", field],
	"params": {"date": lifecycle[field].text, "tenant": input.subject.name},
}

valid_until contains lifecycle.trialEnds.epochSeconds if lifecycle.stage == "trial"

valid_until contains lifecycle.purgeAfter.epochSeconds if lifecycle.stage == "leaving"
