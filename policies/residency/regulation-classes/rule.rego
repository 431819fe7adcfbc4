# METADATA
# scope: package
# title: A regulated tenant declares the data that is regulated
# description: >-
#   Rules on isolation, contacts and retention go by the classes of data. A tenant under HIPAA that
#   declares none of it slips past all of them.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 RA-2, security categorization
# custom:
#   short_name: regulation-classes
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     undeclared: "{tenant} is under {regulation} and declares none of {classes}"
#   remedy: >-
#     Add the class of data that the regulation is about to data.classes, or take the regulation out
#     of risk.regulations where it does not apply.
#   controls: ["SOC2 CC3.1", "SOC2 C1.1", "ISO27001 A.5.12", "ISO27001 A.5.31"]
package controlplane.residency.regulation_classes

import data.controlplane.lib.text

spec := input.subject.resource.spec

demanded := data.parameters.residency.regulation_classes.classes

held contains class.name if some class in spec.data.classes

findings contains finding if {
	some index, regulation in spec.risk.regulations
	classes := {class | some class in demanded[text.in_small_letters(regulation)]}
	count(classes) > 0
	count(classes & held) == 0
	finding := {
		"code": "undeclared",
		"path": ["spec", "risk", "regulations", index],
		"params": {
			"classes": concat(", ", sort([class | some class in classes])),
			"regulation": regulation,
			"tenant": input.subject.name,
		},
	}
}
