# METADATA
# scope: package
# title: Volumes are of kinds that hold only what is the tenant's
# description: >-
#   A hostPath volume is the node's own disk, with the kubelet's credentials and every other
#   tenant's files; network volumes that are named in a pod pass over whoever hands out storage.
#   What is not on the list is not mounted.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: volume-types
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     type: "volume {volume} of {workload} is a {type}, which pods may not mount"
#   remedy: >-
#     Use a configMap, a secret, an emptyDir, a projected volume, or a claim of a storage class
#     that the platform offers.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.3", "ISO27001 A.8.9"]
#   twins:
#     - "gatekeeper-library: K8sPSPHostFilesystem"
#     - "gatekeeper-library: K8sPSPVolumeTypes"
#     - "kyverno: disallow-host-path"
#     - "kyverno: restrict-volume-types"
package controlplane.workloads.volume_types

import data.controlplane.lib.workloads

permitted contains type if some type in data.parameters.workloads.volume_types.allowed

findings contains finding if {
	some volume in workloads.volumes
	some type, _ in volume.spec
	type != "name"
	not type in permitted
	finding := {
		"code": "type",
		"path": array.concat(volume.path, [type]),
		"params": {"type": type, "volume": volume.name, "workload": volume.workload},
	}
}
