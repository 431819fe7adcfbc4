# METADATA
# scope: package
# title: A target can do what its packs need
# description: >-
#   A pack on a target without the accelerator, storage or network it counts on fails at night, when
#   its first job needs it, and not in review.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
#     description: Assigning pods to nodes
# custom:
#   short_name: capabilities
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     missing: "{pack} needs {capability}, which {target} does not have"
#   remedy: Place the tenant on a target with this capability, or leave the pack out in that environment.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.engines.capabilities

import data.controlplane.lib.references

spec := input.subject.resource.spec

findings contains finding if {
	some index, placement in spec.placements
	some wanted in spec.packs
	enabled(wanted, placement.environment)
	some pack in input.references.Pack
	pack.metadata.name == wanted.name
	some capability in pack.spec.compatibility.capabilities
	not offers(placement, capability)
	finding := {
		"code": "missing",
		"path": ["spec", "placements", index, "target"],
		"params": {
			"capability": capability,
			"pack": wanted.name,
			"target": placement.target,
		},
	}
}

enabled(pack, environment) if object.get(pack, ["environments", environment, "enabled"], true)

offers(placement, capability) if capability in references.target(placement.target).spec.capabilities
