# METADATA
# scope: package
# title: Loosening a rule takes two other people
# description: >-
#   A change of policy that lets pass what is denied today is the quietest way around every other
#   rule. The gate judges what it judges under the policies of both sides: a rule that denies under
#   those of the base and no longer under those of the head was loosened, and then more people than
#   usual must have looked.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-5(4), dual authorization of changes
# custom:
#   short_name: second-approver
#   severity: deny
#   subjects: [Change]
#   uses: [facts, references, parameters]
#   messages:
#     loosened: "{rule} denies {flips} of its subjects, which the change would let pass; {needed} other people must agree, {given} did"
#   remedy: >-
#     Have as many other people approve as the finding says, or leave the rule as it is. A waiver lets
#     one subject pass for a time and leaves the rule in force.
#   controls: ["SOC2 CC8.1", "SOC2 CC4.2", "ISO27001 A.5.3", "ISO27001 A.5.36"]
package controlplane.change_control.second_approver

import data.controlplane.lib.approvals
import data.controlplane.lib.changes

findings contains finding if {
	some loosened in input.facts.loosened
	askable
	needed := object.get(data.parameters, ["change_control", "second_approver", "people"], 2)
	given := count(approvals.others({"classes": ["policy"], "roles": []}))
	not given >= needed
	finding := {
		"code": "loosened",
		"path": changes.place(loosened.module),
		"params": {
			"flips": loosened.flips,
			"given": given,
			"needed": needed,
			"rule": loosened.rule,
		},
	}
}

# Where the trust root names no approver, there is nobody to ask.
askable if {
	some root in input.references.TrustRoot
	approvals.approvers(root)
}
