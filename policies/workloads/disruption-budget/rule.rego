# METADATA
# scope: package
# title: A disruption budget lets nodes be emptied
# description: >-
#   A budget that never lets a pod go stops every node upgrade, security patches included.
#   minAvailable does so as soon as there are no more pods than it names; maxUnavailable follows
#   the number of pods.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
#     description: Specifying a disruption budget
# custom:
#   short_name: disruption-budget
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     blocks: "{budget} has no maxUnavailable above zero, and so may hold back every node upgrade"
#   remedy: >-
#     Write maxUnavailable: 1 (or a percentage above zero) in place of minAvailable.
#   controls: ["SOC2 A1.2", "SOC2 CC7.1", "ISO27001 A.8.8", "ISO27001 A.8.14"]
#   twins: ["gatekeeper-library: K8sPodDisruptionBudget", "kyverno: pdb-maxunavailable"]
package controlplane.workloads.disruption_budget

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "PodDisruptionBudget"
	most := sprintf("%v", [object.get(manifest, ["spec", "maxUnavailable"], 0)])
	not regex.match("^[0-9]*[1-9][0-9]*%?$", most)
	finding := {
		"code": "blocks",
		"path": ["objects", index, "spec"],
		"params": {"budget": manifest.metadata.name},
	}
}
