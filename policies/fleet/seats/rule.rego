# METADATA
# scope: package
# title: A target holds no more tenants than it may
# description: >-
#   What a cluster can bear is more than cores: names, routes, watches, people who answer at night.
#   Its limit of tenants is where that was thought about.
# related_resources:
#   - ref: https://kubernetes.io/docs/setup/best-practices/cluster-large/
#     description: Considerations for large clusters
# custom:
#   short_name: seats
#   severity: deny
#   subjects: [Fleet]
#   uses: []
#   messages:
#     over: "{target} holds {tenants} tenants and may hold {limit}, among them {names}"
#   remedy: >-
#     Place the tenant elsewhere, or raise limits.tenants after somebody looked at what it takes.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.fleet.seats

findings contains finding if {
	some index, target in input.subject.resource.targets.items
	target.tenants > target.limits.tenants
	finding := {
		"code": "over",
		"path": ["targets", "items", index, "limits"],
		"params": {
			"limit": target.limits.tenants,
			"names": concat(", ", target.names),
			"target": target.name,
			"tenants": target.tenants,
		},
	}
}
