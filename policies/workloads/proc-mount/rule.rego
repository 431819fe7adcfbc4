# METADATA
# scope: package
# title: /proc stays masked
# description: >-
#   The runtime hides parts of /proc through which a container could read the kernel's memory or
#   crash the node. procMount Unmasked shows them.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: proc-mount
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     unmasked: "container {container} of {workload} has procMount {mount}"
#   remedy: Remove procMount from the container's securityContext.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPProcMount", "kyverno: disallow-proc-mount"]
package controlplane.workloads.proc_mount

import data.controlplane.lib.workloads

field := ["securityContext", "procMount"]

findings contains finding if {
	some container in workloads.containers
	mount := object.get(container.spec, field, "Default")
	mount != "Default"
	finding := {
		"code": "unmasked",
		"path": array.concat(container.path, field),
		"params": {
			"container": container.name,
			"mount": mount,
			"workload": container.workload,
		},
	}
}
