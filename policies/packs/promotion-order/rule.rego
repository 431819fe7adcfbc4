# METADATA
# scope: package
# title: A version reaches production after the environments before it
# description: >-
#   Staging is there to meet a fault first. A version that is newer in production than in the
#   environment before it was tried on customers.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-4(1), separate test environments
# custom:
#   short_name: promotion-order
#   severity: warn
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     ahead: "{environment} of {tenant} runs {pack} {version}, {before} before it only {earlier}"
#   remedy: >-
#     Take the version in the environment before first, let it soak there, and promote it
#     afterwards.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.29", "ISO27001 A.8.31"]
package controlplane.packs.promotion_order

import data.controlplane.lib.references
import data.controlplane.lib.versions

spec := input.subject.resource.spec

locked := input.references.PackLock[input.subject.name].spec.environments

findings contains finding if {
	some environment, held in locked
	before := references.environment(environment).spec.after
	some entry in held.packs
	some earlier in locked[before].packs
	earlier.name == entry.name
	versions.newer(entry.version, earlier.version)
	some index, wanted in spec.packs
	wanted.name == entry.name
	finding := {
		"code": "ahead",
		"path": ["spec", "packs", index],
		"params": {
			"before": before,
			"earlier": earlier.version,
			"environment": environment,
			"pack": entry.name,
			"tenant": input.subject.name,
			"version": entry.version,
		},
	}
}
