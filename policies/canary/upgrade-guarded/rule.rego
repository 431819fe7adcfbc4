# METADATA
# scope: package
# title: A new version comes into production under a canary rule
# description: >-
#   Without a rule of its own a tenant gets a new version all at once, and what watches it is
#   whatever happens to select it.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, Canarying Releases
# custom:
#   short_name: upgrade-guarded
#   severity: warn
#   subjects: [PackLock]
#   uses: [change, references]
#   messages:
#     unguarded: "{tenant} would take {pack} {version} in {environment}, and names no canary rule"
#   remedy: >-
#     Name the rule in canaryRules of the tenant.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.32"]
package controlplane.canary.upgrade_guarded

import data.controlplane.lib.references

findings contains finding if {
	some environment, held in input.subject.resource.spec.environments
	references.production(environment)
	some index, entry in held.packs
	some before in input.change.before.spec.environments[environment].packs
	before.name == entry.name
	before.version != entry.version
	not guarded(input)
	finding := {
		"code": "unguarded",
		"path": ["spec", "environments", environment, "packs", index, "version"],
		"params": {
			"environment": environment,
			"pack": entry.name,
			"tenant": input.subject.name,
			"version": entry.version,
		},
	}
}

guarded(asked) if count(asked.references.Tenant[asked.subject.resource.spec.tenant].spec.canaryRules) > 0
