# METADATA
# scope: package
# title: Scratch space has an end
# description: >-
#   An emptyDir without a limit grows until the node's disk is full, and the node then evicts
#   pods, other tenants' among them.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/volumes/
#     description: Volumes, emptyDir
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
#     description: Node-pressure eviction
# custom:
#   short_name: scratch-size
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     unbounded: "volume {volume} of {workload} has no sizeLimit"
#   remedy: Give the emptyDir a sizeLimit, in the pack's template.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.workloads.scratch_size

import data.controlplane.lib.quantities
import data.controlplane.lib.workloads

findings contains finding if {
	some volume in workloads.volumes
	scratch(volume.spec)
	quantities.nothing(object.get(volume.spec, ["emptyDir", "sizeLimit"], ""))
	finding := {
		"code": "unbounded",
		"path": volume.path,
		"params": {"volume": volume.name, "workload": volume.workload},
	}
}

scratch(spec) if "emptyDir" in object.keys(spec)

# A volume of which nothing is said, or only null, is an emptyDir.
scratch(spec) if not sourced(spec)

sourced(spec) if {
	some key, value in spec
	key != "name"
	value != null
}
