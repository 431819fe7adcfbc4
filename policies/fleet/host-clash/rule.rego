# METADATA
# scope: package
# title: A host name leads to one place
# description: >-
#   Two tenants, or two environments, that claim one host name take turns at its traffic: requests
#   with the credentials of one reach the workloads of the other.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/domain-names
#     description: Domain names in multitenant solutions
# custom:
#   short_name: host-clash
#   severity: deny
#   subjects: [Fleet]
#   uses: []
#   messages:
#     shared: "{tenant} takes the host name {host}, as {count} environments of tenants do"
#   remedy: >-
#     Give each environment of each tenant a host name of its own.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
package controlplane.fleet.host_clash

findings contains finding if {
	some index, clash in input.subject.resource.hosts.items
	clash.count > 1
	some number, holder in clash.holders
	finding := {
		"code": "shared",
		"path": ["hosts", "items", index, "holders", number],
		"params": {
			"count": clash.count,
			"host": clash.key[0],
			"tenant": holder.tenant,
		},
	}
}
