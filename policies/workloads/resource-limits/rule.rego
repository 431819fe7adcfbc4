# METADATA
# scope: package
# title: Every container says what it needs and where it ends
# description: >-
#   Without a memory limit one tenant's leak evicts its neighbours; without requests the scheduler
#   packs nodes blindly and the tenant's quota counts nothing.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
#     description: Resource management for pods and containers
# custom:
#   short_name: resource-limits
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     missing: "container {container} of {workload} has no {kind} for {resource}"
#   remedy: Give the container resources.requests for cpu and memory and resources.limits for memory.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
#   twins:
#     - "gatekeeper-library: K8sContainerLimits"
#     - "gatekeeper-library: K8sContainerRequests"
#     - "gatekeeper-library: K8sRequiredResources"
#     - "kyverno: require-requests-limits"
package controlplane.workloads.resource_limits

import data.controlplane.lib.quantities
import data.controlplane.lib.workloads

needed := {["limits", "memory"], ["requests", "cpu"], ["requests", "memory"]}

findings contains finding if {
	some container in workloads.containers
	container.list != "ephemeralContainers"
	some need in needed
	quantities.nothing(object.get(container.spec, array.concat(["resources"], need), ""))
	finding := {
		"code": "missing",
		"path": array.concat(container.path, ["resources"]),
		"params": {
			"container": container.name,
			"kind": need[0],
			"resource": need[1],
			"workload": container.workload,
		},
	}
}
