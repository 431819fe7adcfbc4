# METADATA
# scope: package
# title: Nobody runs a withdrawn pack
# description: >-
#   A version is withdrawn because it is dangerous to run. A tenant whose lock file resolves to it, or
#   to nothing that is known, is to be moved before anything else about it changes.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SI-2, flaw remediation
# custom:
#   short_name: withdrawn
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     withdrawn: "{pack} {version} is withdrawn: {reason}"
#     unresolved: "no version of {pack} is resolved for {tenant}"
#   remedy: >-
#     Run cpctl lock to take a version that is not withdrawn, or widen the range so that one fits; the
#     pack's lifecycle names a successor.
#   controls: ["SOC2 CC7.1", "SOC2 CC7.4", "ISO27001 A.8.8", "ISO27001 A.5.21"]
package controlplane.packs.withdrawn

spec := input.subject.resource.spec

findings contains finding if {
	some index, wanted in spec.packs
	some pack in input.references.Pack
	pack.metadata.name == wanted.name
	pack.spec.lifecycle.stage == "withdrawn"
	finding := {
		"code": "withdrawn",
		"path": ["spec", "packs", index],
		"params": {
			"pack": wanted.name,
			"reason": pack.spec.lifecycle.reason,
			"version": pack.spec.version,
		},
	}
}

findings contains finding if {
	some index, wanted in spec.packs
	not found(wanted)
	finding := {
		"code": "unresolved",
		"path": ["spec", "packs", index],
		"params": {"pack": wanted.name, "tenant": input.subject.name},
	}
}

found(wanted) if wanted.name in resolved

resolved contains pack.metadata.name if some pack in input.references.Pack
