# METADATA
# scope: package
# title: A pack has a licence we may run under
# description: >-
#   A copyleft or unknown licence in something that is offered as a service binds the whole company,
#   and is found by a customer's lawyer.
# related_resources:
#   - ref: https://spdx.org/licenses/
#     description: SPDX License List
# custom:
#   short_name: licence
#   severity: deny
#   subjects: [Pack]
#   uses: [parameters]
#   messages:
#     not-allowed: "{pack} is under {licence}, which is not among the allowed licences"
#   remedy: Take a pack under an allowed licence, or add this one to the parameter after legal review.
#   controls: ["SOC2 CC9.2", "ISO27001 A.5.32"]
package controlplane.packs.licence

findings contains finding if {
	licence := input.subject.resource.spec.licence
	not allowed(licence)
	finding := {
		"code": "not-allowed",
		"path": ["spec", "licence"],
		"params": {"licence": licence, "pack": input.subject.name},
	}
}

allowed(licence) if licence in data.parameters.packs.licence.allowed
