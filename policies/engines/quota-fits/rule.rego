# METADATA
# scope: package
# title: A tenant is promised no more than its target has
# description: >-
#   A quota above what the target gives out is a promise that is broken on the day it is used; an
#   unlimited one on a shared target lets one tenant take what the others were promised.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
#     description: Resource quotas
# custom:
#   short_name: quota-fits
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     more: "a quota of {resource} that {target} does not have"
#     unlimited: "an unlimited quota of {resource} on {target}, which others share"
#   remedy: >-
#     Lower the quota below the target's limit for it (spec.limits), or place the tenant on a
#     larger or dedicated target.
#   controls: ["SOC2 A1.1", "ISO27001 A.5.23", "ISO27001 A.8.6"]
package controlplane.engines.quota_fits

import data.controlplane.lib.references

spec := input.subject.resource.spec

limit_of := {
	"cpu": "cpu",
	"gpus": "accelerators",
	"memory": "memory",
	"storage": "storage",
}

findings contains about("more", index, resource) if {
	some index, placement in spec.placements
	some resource, limit in limit_of
	asked := amount(spec.quotas[resource])
	not given(placement, limit, asked)
}

findings contains about("unlimited", index, resource) if {
	some index, placement in spec.placements
	placement.isolation != "dedicated"
	some resource, _ in limit_of
	spec.quotas[resource] == "unlimited"
}

given(placement, limit, asked) if {
	offered := references.target(placement.target).spec.limits[limit]
	asked <= amount(offered)
}

given(placement, limit, _) if references.target(placement.target).spec.limits[limit] == "unlimited"

amount(value) := value if is_number(value)

amount(value) := value.milli

amount(value) := value.bytes

about(code, index, resource) := {
	"code": code,
	"path": ["spec", "placements", index, "target"],
	"params": {"resource": resource, "target": spec.placements[index].target},
}
