# METADATA
# scope: package
# title: Nothing new goes to a target that is being emptied
# description: >-
#   A placement that is added to a draining cluster must be moved again within weeks; one on a retired
#   cluster runs nowhere. What was there before may stay until the target is retired.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
#     description: Safely drain a node
# custom:
#   short_name: draining
#   severity: deny
#   subjects: [Tenant]
#   uses: [change, references]
#   messages:
#     new: "{target} is being emptied and takes no new placement"
#     retired: "{target} is retired"
#   remedy: Place the tenant on the target's replacement, or on another active one.
#   controls: ["SOC2 A1.2", "ISO27001 A.5.30", "ISO27001 A.8.14"]
package controlplane.engines.draining

import data.controlplane.lib.references

spec := input.subject.resource.spec

findings contains about("new", index) if {
	some index, placement in spec.placements
	not open(placement)
	not stood_there(placement)
}

findings contains about("retired", index) if {
	some index, placement in spec.placements
	references.target(placement.target).spec.lifecycle.stage == "retired"
}

open(placement) if references.target(placement.target).spec.lifecycle.stage in {"active", "retired"}

stood_there(placement) if placement.target in before

before contains placement.target if some placement in input.change.before.spec.placements

about(code, index) := {
	"code": code,
	"path": ["spec", "placements", index, "target"],
	"params": {"target": spec.placements[index].target},
}
