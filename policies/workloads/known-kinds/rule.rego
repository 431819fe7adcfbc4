# METADATA
# scope: package
# title: Packs render only kinds that rules understand
# description: >-
#   A rule about pods sees a pod only inside a kind it knows. A kind nobody thought of could carry
#   one past every other rule, or give its owner rights over the cluster.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-7, least functionality
# custom:
#   short_name: known-kinds
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     unknown: "{kind} ({apiVersion}) is not a kind that tenants may have"
#   remedy: >-
#     Use a kind from the list, or add this one to the parameter `kinds` of workloads/known-kinds in
#     repository.yaml after checking which rules must learn to read it.
#   controls: ["SOC2 CC6.1", "ISO27001 A.8.9"]
package controlplane.workloads.known_kinds

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	not known(manifest)
	finding := {
		"code": "unknown",
		"path": ["objects", index, "kind"],
		"params": {
			"apiVersion": object.get(manifest, "apiVersion", ""),
			"kind": object.get(manifest, "kind", ""),
		},
	}
}

known(manifest) if {
	name := concat("/", [manifest.apiVersion, manifest.kind])
	name in data.parameters.workloads.known_kinds.kinds
}
