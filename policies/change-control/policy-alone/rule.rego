# METADATA
# scope: package
# title: A change to policy comes alone
# description: >-
#   A pull request that loosens a rule and uses the room it made hides one behind the other. Policy,
#   trust and repository settings change in a pull request of their own, where reviewers look at them.
# related_resources:
#   - ref: https://google.github.io/eng-practices/review/developer/small-cls.html
#     description: Google Engineering Practices, one self-contained change
# custom:
#   short_name: policy-alone
#   severity: deny
#   subjects: [Change]
#   uses: [change, facts]
#   messages:
#     uses: "the change loosens {rule}, which denies {flips} of its subjects, and changes {example} as well (other things in all: {count})"
#     mixed: "the change touches how changes are judged, and {example} as well (other things in all: {count})"
#   remedy: Split the pull request; merge the policy change first.
#   controls: ["SOC2 CC8.1", "ISO27001 A.5.3", "ISO27001 A.8.32"]
package controlplane.change_control.policy_alone

import data.controlplane.lib.changes

# Where a rule was loosened and the change uses the room, that is said, at the rule; it says it all.
findings contains finding if {
	some loosened in input.facts.loosened
	example := besides[0]
	finding := {
		"code": "uses",
		"path": changes.place(loosened.module),
		"params": {
			"count": count(besides),
			"example": example,
			"flips": loosened.flips,
			"rule": loosened.rule,
		},
	}
}

findings contains finding if {
	not any_loosened
	place := policy[0] # undefined where there is none, as are others
	example := others[0]
	finding := {
		"code": "mixed",
		"path": place,
		"params": {"count": count(others), "example": example},
	}
}

any_loosened if some _ in input.facts.loosened

# What says how changes are judged, and whose word counts.
judging := {"EvidenceContract", "Repository", "TrustRoot", "Waiver"}

judges(subject) if subject.kind in judging

# Where in the change they stand.
policy := array.concat(
	[["subjects", index] |
		some index
		subject := input.subject.resource.subjects[index]
		judges(subject)
	],
	changes.policy_files,
)

# In the order of the change: texts are not sorted, which evaluators do alike for ASCII only.
others := array.concat(
	[sprintf("%v/%v", [subject.kind, subject.name]) |
		some subject in input.subject.resource.subjects
		not judges(subject)
	],
	other_files,
)

# Where nothing else that judges changed, what the environments say is what loosened the rule.
besides := array.concat(
	[sprintf("%v/%v", [subject.kind, subject.name]) |
		some subject in input.subject.resource.subjects
		not judges(subject)
		not loosens(subject)
	],
	other_files,
)

loosens(subject) if {
	subject.kind == "Environment"
	count(policy) == 0
}

other_files := [file.path |
	some file in input.subject.resource.files
	file.class != "policy"
]
