# METADATA
# scope: package
# title: Who has a target of its own is alone on it
# description: >-
#   Dedicated is what was sold to the tenants that have most to lose. A second tenant on their
#   cluster breaks the promise, and nothing in either tenant's own file shows it.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
#     description: Multi-tenancy, isolation
# custom:
#   short_name: dedicated-alone
#   severity: deny
#   subjects: [Fleet]
#   uses: []
#   messages:
#     shared: "{tenant} was given {target} to itself, and {tenants} tenants are on it"
#   remedy: >-
#     Move the other tenants away, or give the tenant another target of its own.
#   controls: ["SOC2 CC6.1", "SOC2 C1.1", "ISO27001 A.8.22", "ISO27001 A.5.23"]
package controlplane.fleet.dedicated_alone

findings contains finding if {
	some index, target in input.subject.resource.targets.items
	target.tenants > 1
	some number, holder in target.dedicated
	finding := {
		"code": "shared",
		"path": ["targets", "items", index, "dedicated", number],
		"params": {"target": target.name, "tenant": holder.tenant, "tenants": target.tenants},
	}
}
