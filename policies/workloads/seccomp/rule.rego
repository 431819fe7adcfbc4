# METADATA
# scope: package
# title: System calls are filtered
# description: >-
#   Without a seccomp profile a container may make every system call there is, and most escapes
#   from containers begin with one that no application needs. Nothing said means unfiltered.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
#   - ref: https://kubernetes.io/docs/tutorials/security/seccomp/
#     description: Restrict a container's system calls with seccomp
# custom:
#   short_name: seccomp
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     container: "container {container} of {workload} has no seccomp profile, or {profile}"
#     pod: "the pods of {workload} have the seccomp profile {profile}"
#   remedy: >-
#     Set securityContext.seccompProfile.type: RuntimeDefault on the pod, in the pack's template.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPSeccomp", "kyverno: restrict-seccomp-strict"]
package controlplane.workloads.seccomp

import data.controlplane.lib.workloads

field := ["securityContext", "seccompProfile", "type"]

findings contains finding if {
	some container in workloads.containers
	inherited := object.get(container.pod.spec, field, "Unconfined")
	profile := object.get(container.spec, field, inherited)
	not profile in {"Localhost", "RuntimeDefault"}
	finding := {
		"code": "container",
		"path": array.concat(container.path, ["securityContext"]),
		"params": {
			"container": container.name,
			"profile": profile,
			"workload": container.workload,
		},
	}
}

findings contains finding if {
	some pod in workloads.pods
	profile := object.get(pod.spec, field, "RuntimeDefault")
	not profile in {"Localhost", "RuntimeDefault"}
	finding := {
		"code": "pod",
		"path": array.concat(pod.path, field),
		"params": {"profile": profile, "workload": pod.name},
	}
}
