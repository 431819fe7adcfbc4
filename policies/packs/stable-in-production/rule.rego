# METADATA
# scope: package
# title: Production runs stable packs
# description: >-
#   A preview has no support and no promise to stay. Its channel in production also takes the next
#   preview as soon as somebody resolves the ranges again.
# related_resources:
#   - ref: https://semver.org/spec/v2.0.0.html
#     description: Semantic Versioning, pre-release versions
# custom:
#   short_name: stable-in-production
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     preview: "{environment} of {tenant} runs {pack} {version}, which is a preview"
#     channel: "{environment} of {tenant} takes previews of {pack}"
#   remedy: >-
#     Take the stable channel in production: override the channel for development and staging only,
#     and run cpctl lock.
#   controls: ["SOC2 CC8.1", "SOC2 A1.1", "ISO27001 A.8.31", "ISO27001 A.8.32"]
package controlplane.packs.stable_in_production

import data.controlplane.lib.references

spec := input.subject.resource.spec

locked := input.references.PackLock[input.subject.name].spec.environments

findings contains about("preview", index, environment, entry) if {
	some environment, held in locked
	references.production(environment)
	some entry in held.packs
	pack := input.references.Pack[sprintf("%v@%v", [entry.name, entry.version])]
	pack.spec.lifecycle.stage == "preview"
	some index, wanted in spec.packs
	wanted.name == entry.name
}

findings contains about("channel", index, placement.environment, {"name": wanted.name, "version": ""}) if {
	some placement in spec.placements
	references.production(placement.environment)
	some index, wanted in spec.packs
	override := object.get(wanted.environments, placement.environment, {})
	object.get(override, "channel", wanted.channel) == "preview"
}

about(code, index, environment, entry) := {
	"code": code,
	"path": ["spec", "packs", index],
	"params": {
		"environment": environment,
		"pack": entry.name,
		"tenant": input.subject.name,
		"version": entry.version,
	},
}
