# METADATA
# scope: package
# title: Pods change only kernel settings that are their own
# description: >-
#   Some kernel settings belong to the pod, most to the node and so to everybody on it: one
#   tenant's setting is another's outage.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
#     description: Using sysctls in a Kubernetes cluster
# custom:
#   short_name: sysctls
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     unsafe: "the pods of {workload} set {sysctl}"
#   remedy: >-
#     Remove the entry from securityContext.sysctls; ask the platform team where a node needs it.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPForbiddenSysctls", "kyverno: restrict-sysctls"]
package controlplane.workloads.sysctls

import data.controlplane.lib.workloads

permitted contains name if some name in data.parameters.workloads.sysctls.allowed

findings contains finding if {
	some pod in workloads.pods
	some index, sysctl in object.get(pod.spec, ["securityContext", "sysctls"], [])
	name := object.get(sysctl, "name", "")
	not name in permitted
	finding := {
		"code": "unsafe",
		"path": array.concat(pod.path, ["securityContext", "sysctls", index, "name"]),
		"params": {"sysctl": name, "workload": pod.name},
	}
}
