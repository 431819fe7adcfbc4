# METADATA
# scope: package
# title: After an emergency somebody looks
# description: >-
#   What passed in an emergency was looked at by few. The contract says how soon somebody else
#   reviews it; when that is overdue, nothing else passes until it is done.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-3, unscheduled changes
# custom:
#   short_name: review-overdue
#   severity: deny
#   subjects: [Change]
#   uses: [facts, time]
#   messages:
#     overdue: "the emergency that became {commit}, claimed by {people}, was to be reviewed by {due}"
#   remedy: >-
#     Have somebody else than who claimed it look at the change, and record it: `cpctl approve
#     --review --base BASE --head HEAD --role ROLE` with the two ends of that change.
#   controls: ["SOC2 CC7.4", "SOC2 CC7.5", "ISO27001 A.5.27", "ISO27001 A.8.32"]
package controlplane.change_control.review_overdue

findings contains finding if {
	some review in input.facts.reviews
	review.due.epochSeconds <= input.time.epochSeconds
	finding := {
		"code": "overdue",
		"path": ["requirements"],
		"params": {
			"commit": object.get(review, "commit", review.tree), # what was recorded before has none
			"due": review.due.text,
			"people": concat(", ", review.claimedBy),
		},
	}
}

valid_until contains review.due.epochSeconds if some review in input.facts.reviews
