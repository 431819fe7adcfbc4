# METADATA
# scope: package
# title: An emergency is one that was provided for
# description: >-
#   An emergency passes with fewer approvals and through a freeze, because somebody looks at it
#   afterwards. Without a contract that says who may claim one and how soon it is reviewed, it is
#   only a way around.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-3, unscheduled changes
# custom:
#   short_name: emergency-provided
#   severity: deny
#   subjects: [Change]
#   uses: [facts]
#   messages:
#     unprovided: "{person} claims an emergency, for which no evidence contract of the protected branch provides"
#   remedy: >-
#     Give an EvidenceContract a requirement for the class `emergency`, with reviewWithin, in a
#     change of its own; until then take the ordinary way.
#   controls: ["SOC2 CC7.4", "SOC2 CC8.1", "ISO27001 A.5.26", "ISO27001 A.8.32"]
package controlplane.change_control.emergency_provided

import data.controlplane.lib.approvals

findings contains finding if {
	some approval in input.facts.approvals
	"emergency" in approval.classes
	not approvals.emergency
	finding := {
		"code": "unprovided",
		"path": ["requirements"],
		"params": {"person": approval.person},
	}
}
