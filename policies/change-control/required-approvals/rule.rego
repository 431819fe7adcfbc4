# METADATA
# scope: package
# title: A change has the approvals it needs
# description: >-
#   How many people must agree, and in which roles, is written in the evidence contracts and
#   environments of the protected branch, by class of change and by what it reaches. An approval is
#   about one pair of trees: an added commit makes it worthless.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-3, configuration change control
#   - ref: https://slsa.dev/spec/v1.2/source-requirements
#     description: SLSA 1.2 Source Level 4, two-party review
# custom:
#   short_name: required-approvals
#   severity: deny
#   subjects: [Change]
#   uses: [facts]
#   messages:
#     missing: "{requirement} of {source} wants {needed} approval(s) by {roles} for {classes}; {given} given"
#   remedy: >-
#     Ask for the approvals that are missing: `cpctl approve --base BASE --head HEAD --role ROLE`,
#     or a review on the Git server that is imported. `cpctl approvals list` shows which there are
#     and why one does not count.
#   controls: ["SOC2 CC8.1", "SOC2 CC5.2", "ISO27001 A.8.32", "ISO27001 A.5.3"]
package controlplane.change_control.required_approvals

import data.controlplane.lib.approvals

findings contains finding if {
	some index, requirement in input.subject.resource.requirements
	needed := requirement.count
	given := count(approvals.people(requirement))
	not given >= needed
	finding := {
		"code": "missing",
		"path": ["requirements", index],
		"params": {
			"classes": concat(", ", requirement.classes),
			"given": given,
			"needed": needed,
			"requirement": requirement.name,
			"roles": roles(requirement),
			"source": requirement.source,
		},
	}
}

roles(requirement) := concat(" or ", requirement.roles) if count(requirement.roles) > 0

roles(requirement) := "anybody" if requirement.roles == []
