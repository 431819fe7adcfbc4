# METADATA
# scope: package
# title: No tenant pushes others aside
# description: >-
#   A pod of a higher priority evicts pods of a lower one. With one of the cluster's own classes a
#   tenant can evict DNS, the network and every other tenant.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
#     description: Pod priority and preemption
# custom:
#   short_name: priority-class
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     class: "{workload} asks for the priority class {class}"
#   remedy: >-
#     Remove priorityClassName; a class that tenants may have is listed in the parameter allowed
#     of workloads/priority-class.
#   controls: ["SOC2 A1.1", "SOC2 CC6.1", "ISO27001 A.8.6"]
#   twins: ["kyverno: allowed-podpriorities"]
package controlplane.workloads.priority_class

import data.controlplane.lib.workloads

permitted contains class if some class in data.parameters.workloads.priority_class.allowed

findings contains finding if {
	some pod in workloads.pods
	class := object.get(pod.spec, "priorityClassName", "")
	class != ""
	not class in permitted
	finding := {
		"code": "class",
		"path": array.concat(pod.path, ["priorityClassName"]),
		"params": {"class": class, "workload": pod.name},
	}
}
