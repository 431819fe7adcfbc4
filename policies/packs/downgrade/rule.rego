# METADATA
# scope: package
# title: Production does not go back by accident
# description: >-
#   An older version reads what the newer one wrote, and has the faults that the newer one repaired.
#   Going back is sometimes right, and never what a changed range should do by itself.
# related_resources:
#   - ref: https://aws.amazon.com/builders-library/ensuring-rollback-safety-during-deployments/
#     description: Amazon Builders' Library, rollback safety
# custom:
#   short_name: downgrade
#   severity: warn
#   subjects: [PackLock]
#   uses: [change, references]
#   messages:
#     older: "{environment} of {tenant} would go back from {pack} {before} to {version}"
#   remedy: >-
#     Check that the older version reads what is stored and has no known vulnerability; say in the
#     pull request why it goes back.
#   controls: ["SOC2 CC8.1", "SOC2 A1.2", "ISO27001 A.8.32"]
package controlplane.packs.downgrade

import data.controlplane.lib.references
import data.controlplane.lib.versions

findings contains finding if {
	some environment, held in input.subject.resource.spec.environments
	references.production(environment)
	some index, entry in held.packs
	some before in input.change.before.spec.environments[environment].packs
	before.name == entry.name
	versions.newer(before.version, entry.version)
	finding := {
		"code": "older",
		"path": ["spec", "environments", environment, "packs", index, "version"],
		"params": {
			"before": before.version,
			"environment": environment,
			"pack": entry.name,
			"tenant": input.subject.name,
			"version": entry.version,
		},
	}
}
