# METADATA
# scope: package
# title: Long-running containers can be asked how they are
# description: >-
#   A release is judged by readiness, and a hung process is found by liveness. A workload without
#   probes is reported healthy while it answers nobody.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
#     description: Liveness, readiness and startup probes
# custom:
#   short_name: probes
#   severity: deny
#   style: true
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     missing: "container {container} of {workload} has no {probe}"
#   remedy: Add livenessProbe and readinessProbe to the container in the pack's template.
#   controls: ["SOC2 A1.2", "ISO27001 A.8.16"]
#   twins:
#     - "gatekeeper-library: K8sRequiredProbes"
#     - "kyverno: require-pod-probes"
package controlplane.workloads.probes

import data.controlplane.lib.workloads

findings contains finding if {
	some container in workloads.containers
	container.kind in {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}
	container.list == "containers"
	some probe in {"livenessProbe", "readinessProbe"}
	object.get(container.spec, probe, {}) in [{}, null]
	finding := {
		"code": "missing",
		"path": container.path,
		"params": {"container": container.name, "probe": probe, "workload": container.workload},
	}
}
