# METADATA
# scope: package
# title: Nobody approves what they wrote
# description: >-
#   Four eyes are two people. Where a requirement asks for independence, the author of the change
#   does not count, nor does a key of which the trust root names no person. An author whom the trust
#   root does not know could be anybody, the approver among them.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.2/source-requirements
#     description: SLSA 1.2 Source Level 4, two-party review
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-5, separation of duties
# custom:
#   short_name: independent-approval
#   severity: deny
#   subjects: [Change]
#   uses: [facts]
#   messages:
#     own: "{requirements} would be met only by approvals of the author ({authors}), or of keys of which no person is known"
#     unknown-author: "{author} wrote a part of the change, and the trust root knows nobody by that name, so {requirements} cannot be known to be met by others"
#   remedy: >-
#     Ask somebody else to approve. Name the author under `identities` of the trust root, and the
#     `person` of every key that approves, in a change of their own.
#   controls: ["SOC2 CC5.1", "SOC2 CC8.1", "ISO27001 A.5.3", "ISO27001 A.8.32"]
package controlplane.change_control.independent_approval

import data.controlplane.lib.approvals

# Requirements that are met by somebody, though not by people of whom it is known that they are others.
dependent contains index if {
	some index, requirement in input.subject.resource.requirements
	requirement.independent
	needed := requirement.count
	given := count(approvals.people(requirement))
	given >= needed
	others := count(approvals.others(requirement))
	not others >= needed
}

ordered := sort([index | some index in dependent])

# In the order of the requirements: names may hold what evaluators sort differently.
names := concat(", ", [name |
	some index in ordered
	name := input.subject.resource.requirements[index].name
])

# Undefined where all is well, and so is the finding.
first := ordered[0]

findings contains finding if {
	at := first
	approvals.all_known
	finding := {
		"code": "own",
		"path": ["requirements", at],
		"params": {"authors": concat(", ", sort([each | some each in approvals.authors])), "requirements": names},
	}
}

findings contains finding if {
	finding := {
		"code": "unknown-author",
		"path": ["requirements", first],
		"params": {"author": stranger, "requirements": names},
	}
}

# Undefined where everybody is known.
stranger := sort([each | some each in approvals.strangers])[0]

stranger := "nobody that is named" if not approvals.written
