# METADATA
# scope: package
# title: A trust root changes by as many hands as it says
# description: >-
#   Whoever changes the trust root decides whose word counts from then on. Its threshold says how
#   many people of purpose `approve` must agree; that of the protected branch counts, never the one
#   in the change, and for every trust root that comes, goes or changes.
# related_resources:
#   - ref: https://theupdateframework.github.io/specification/latest/
#     description: The Update Framework, threshold of the root role
# custom:
#   short_name: trust-threshold
#   severity: deny
#   subjects: [Change]
#   uses: [facts, references]
#   messages:
#     few: "{root} changes the trust of this repository, whose threshold is {threshold}; {given} approver(s) agreed"
#   remedy: >-
#     Have as many approvers agree as the threshold of the trust root says.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.18", "ISO27001 A.8.2"]
package controlplane.change_control.trust_threshold

import data.controlplane.lib.approvals

findings contains finding if {
	some index, subject in input.subject.resource.subjects
	subject.kind == "TrustRoot"
	some root in input.references.TrustRoot
	approvals.approvers(root)
	threshold := root.spec.threshold
	given := count(approvals.people({"classes": ["security"], "roles": []}))
	not given >= threshold
	finding := {
		"code": "few",
		"path": ["subjects", index],
		"params": {"given": given, "root": subject.name, "threshold": threshold},
	}
}
