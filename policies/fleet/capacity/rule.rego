# METADATA
# scope: package
# title: No target is promised to more than it holds
# description: >-
#   Quotas are promises. Added up beyond what a cluster gives, they are kept for whoever comes
#   first, and the others find out during their busiest hour.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
#     description: Resource quotas
# custom:
#   short_name: capacity
#   severity: deny
#   subjects: [Fleet]
#   uses: [parameters]
#   messages:
#     over: "{target} is promised {promised} {dimension} and has {limit}"
#     endless: "{target} has {limit} {dimension}, and {seats} placements may take all of it"
#     unseen: "{count} targets are too many to be judged at once; {left} were left out"
#   remedy: >-
#     Lower quotas, move tenants to another target, or add capacity and raise spec.limits. What a
#     placement without a quota counts as is the parameter `plans`.
#   controls: ["SOC2 A1.1", "SOC2 CC3.2", "ISO27001 A.8.6"]
package controlplane.fleet.capacity

targets := input.subject.resource.targets

plans := data.parameters.fleet.capacity.plans

overcommit := data.parameters.fleet.capacity.overcommitPercent

dimensions := ["accelerators", "cpuMilli", "memoryMiB", "storageMiB"]

# What was promised of one dimension of a target: as declared, and as the plans say.
promised(target, dimension) := sum([object.get(target.declared, dimension, 0), planned(target, dimension)])

planned(target, dimension) := sum([amount |
	seats := object.get(target.asPlanned, dimension, {})
	some plan in object.keys(seats)
	amount := seats[plan] * each(plan, dimension)
])

each(plan, dimension) := object.get(object.get(plans, plan, {}), dimension, 0)

findings contains finding if {
	some index, target in targets.items
	some dimension in dimensions
	limit := target.limits[dimension]
	promised(target, dimension) * 100 > limit * overcommit
	finding := about("over", index, {
		"dimension": dimension,
		"limit": limit,
		"promised": promised(target, dimension),
		"target": target.name,
	})
}

findings contains finding if {
	some index, target in targets.items
	some dimension, seats in target.endless
	finding := about("endless", index, {
		"dimension": dimension,
		"limit": target.limits[dimension],
		"seats": seats,
		"target": target.name,
	})
}

findings contains finding if {
	targets.count > count(targets.items)
	finding := {
		"code": "unseen",
		"path": ["targets"],
		"params": {"count": targets.count, "left": targets.count - count(targets.items)},
	}
}

about(code, index, params) := {"code": code, "path": ["targets", "items", index, "limits"], "params": params}
