# METADATA
# scope: package
# title: A waiver is approved by whom it names, and not by who wrote it
# description: >-
#   A waiver says who answers for it. That is worth something only where this person is an approver,
#   agreed to this very change, and did not write it. An author whom the trust root does not know
#   could be anybody, the approver among them.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-5, separation of duties
# custom:
#   short_name: waiver-approver
#   severity: deny
#   subjects: [Waiver]
#   uses: [change, facts]
#   messages:
#     absent: "{waiver} names {approver}, who has not approved it"
#     own: "{waiver} names {approver}, who wrote it"
#     unknown-author: "{waiver} names {approver}, and the trust root does not know everybody who wrote it, so it may be the same person"
#   remedy: >-
#     Have the person under spec.approvedBy approve the change that brings the waiver; it must be
#     somebody else than its author, and the trust root names the author under `identities`.
#   controls: ["SOC2 CC5.1", "SOC2 CC9.1", "ISO27001 A.5.3", "ISO27001 A.5.36"]
package controlplane.change_control.waiver_approver

import data.controlplane.lib.approvals

spec := input.subject.resource.spec

findings contains about("absent") if {
	input.change.operation != "none"
	not nobody
	count(answering) == 0
}

findings contains about("own") if {
	input.change.operation != "none"
	some person in answering
	person in approvals.authors
}

findings contains about("unknown-author") if {
	input.change.operation != "none"
	not nobody
	not approvals.all_known
}

# Where the trust root names no approver, there is nobody to ask.
nobody if input.facts.approvers == 0

# The people who approved and are who the waiver names.
answering contains approval.person if {
	some approval in input.facts.approvals
	approval.known
	approvals.covers(approval, {"classes": ["policy"]})
	spec.approvedBy.subject in approval.names
}

about(code) := {
	"code": code,
	"path": ["spec", "approvedBy", "subject"],
	"params": {"approver": spec.approvedBy.subject, "waiver": input.subject.name},
}
