# METADATA
# scope: package
# title: No two tenants share a namespace
# description: >-
#   Namespaces are the wall between tenants: network policy, quotas, roles and secrets end at them.
#   Two in one read each other's secrets, and the purge of one deletes the other.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
#     description: Multi-tenancy, namespaces
# custom:
#   short_name: namespace-clash
#   severity: deny
#   subjects: [Fleet]
#   uses: []
#   messages:
#     shared: "{tenant} uses the namespace {namespace} on {target}, as {count} placements do"
#   remedy: >-
#     Give each placement a namespace of its own, or leave `namespace` out.
#   controls: ["SOC2 CC6.1", "SOC2 C1.1", "ISO27001 A.8.22", "ISO27001 A.5.15"]
package controlplane.fleet.namespace_clash

findings contains finding if {
	some index, clash in input.subject.resource.namespaces.items
	clash.count > 1
	some number, holder in clash.holders
	finding := {
		"code": "shared",
		"path": ["namespaces", "items", index, "holders", number],
		"params": {
			"count": clash.count,
			"namespace": clash.key[0],
			"target": clash.key[1],
			"tenant": holder.tenant,
		},
	}
}
