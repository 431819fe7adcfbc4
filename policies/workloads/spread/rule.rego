# METADATA
# scope: package
# title: Copies in production are not all on one node
# description: Three copies on one node are as available as that node.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
#     description: Pod topology spread constraints
# custom:
#   short_name: spread
#   severity: warn
#   subjects: [Placement]
#   uses: [references, rendered]
#   messages:
#     together: "nothing keeps the pods of {workload} apart"
#   remedy: >-
#     Add topologySpreadConstraints (by zone or host name) to the pod, in the pack's template.
#   controls: ["SOC2 A1.2", "ISO27001 A.8.14"]
#   twins: ["kyverno: topologyspreadconstraints-policy"]
package controlplane.workloads.spread

import data.controlplane.lib.quantities
import data.controlplane.lib.references
import data.controlplane.lib.workloads

findings contains finding if {
	references.production(input.subject.resource.environment)
	some pod in workloads.pods
	pod.kind == "Deployment"
	copies := object.get(input.subject.resource.objects[pod.at[1]], ["spec", "replicas"], 1)
	quantities.number_or(copies, 1) > 1
	not constrained(pod)
	not apart(pod)
	finding := {
		"code": "together",
		"path": pod.path,
		"params": {"workload": pod.name},
	}
}

constrained(pod) if some _ in pod.spec.topologySpreadConstraints

apart(pod) if some _ in pod.spec.affinity.podAntiAffinity
