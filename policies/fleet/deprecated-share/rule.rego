# METADATA
# scope: package
# title: Few tenants are left on a version that ends
# description: >-
#   A deprecated version on which half of the fleet still runs in its last month is withdrawn late,
#   or breaks half of the fleet.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SA-22, unsupported system components
# custom:
#   short_name: deprecated-share
#   severity: warn
#   subjects: [Fleet]
#   uses: [parameters]
#   messages:
#     many: "{pack} {version} is deprecated, and {tenants} of {running} tenants run it"
#   remedy: >-
#     Move tenants to its successor in waves, well before its end.
#   controls: ["SOC2 CC7.1", "SOC2 A1.2", "ISO27001 A.8.8", "ISO27001 A.8.19"]
package controlplane.fleet.deprecated_share

findings contains finding if {
	most := data.parameters.fleet.deprecated_share.mostPercent
	packs := input.subject.resource.packs
	some index, pack in packs.items
	pack.stage == "deprecated"
	pack.tenants * 100 > packs.running * most
	finding := {
		"code": "many",
		"path": ["packs", "items", index],
		"params": {
			"pack": pack.name,
			"running": packs.running,
			"tenants": pack.tenants,
			"version": pack.version,
		},
	}
}
