# METADATA
# scope: package
# title: Nobody asks for more accelerators than there are
# description: >-
#   A pod that asks for a device the target does not have waits for ever, and in the invoice's
#   month nobody can say why. What a target does not declare, it does not have.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
#     description: Schedule GPUs
# custom:
#   short_name: accelerators
#   severity: deny
#   subjects: [Placement]
#   uses: [references, rendered]
#   messages:
#     more: "{workload} asks for {wanted} of {device}, and {target} has {offered} accelerators"
#   remedy: >-
#     Place the environment on a target with enough accelerators, or ask for fewer; what a target
#     has stands in its spec.hardware.accelerators.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.engines.accelerators

import data.controlplane.lib.quantities
import data.controlplane.lib.references
import data.controlplane.lib.workloads

offered := sum([each.count | some each in references.target(input.subject.resource.target).spec.hardware.accelerators])

findings contains finding if {
	some container in workloads.containers
	some list in {"limits", "requests"}
	some device, amount in object.get(container.spec, ["resources", list], {})
	regex.match("^[a-z0-9.-]+/", device)
	each := quantities.whole_or(amount, 1000000)
	manifest := input.subject.resource.objects[container.path[1]]
	wanted := each * quantities.whole_or(object.get(manifest, ["spec", "replicas"], 1), 1)
	wanted > offered
	finding := {
		"code": "more",
		"path": array.concat(container.path, ["resources", list, device]),
		"params": {
			"device": device,
			"offered": offered,
			"target": input.subject.resource.target,
			"wanted": wanted,
			"workload": container.workload,
		},
	}
}
