# METADATA
# scope: package
# title: A withdrawn version is run by nobody any more
# description: >-
#   The rule on withdrawn packs asks tenants that a change reaches. This one tells, with every
#   change, how many still run what is dangerous, so that the end of it can be seen.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SI-2, flaw remediation
# custom:
#   short_name: withdrawn-in-use
#   severity: warn
#   subjects: [Fleet]
#   uses: []
#   messages:
#     used: "{pack} {version} is withdrawn and {tenants} tenants run it, {production} in production, among them {names}"
#   remedy: >-
#     Run cpctl lock for these tenants, widen ranges that leave them nothing else, and merge.
#   controls: ["SOC2 CC7.1", "SOC2 CC7.4", "ISO27001 A.8.8"]
package controlplane.fleet.withdrawn_in_use

findings contains finding if {
	some index, pack in input.subject.resource.packs.items
	pack.stage == "withdrawn"
	finding := {
		"code": "used",
		"path": ["packs", "items", index],
		"params": {
			"names": concat(", ", pack.names),
			"pack": pack.name,
			"production": pack.production,
			"tenants": pack.tenants,
			"version": pack.version,
		},
	}
}
