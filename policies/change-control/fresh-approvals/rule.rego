# METADATA
# scope: package
# title: An approval does not keep for ever
# description: >-
#   Who agreed weeks ago agreed to what the world was then. A contract says how old an approval may
#   be; an older one no longer counts.
# custom:
#   short_name: fresh-approvals
#   severity: deny
#   subjects: [Change]
#   uses: [facts, time]
#   messages:
#     stale: "{requirement} of {source} is met only by approvals older than {freshFor}"
#   remedy: >-
#     Ask for the approvals again: a new statement about the same trees is a fresh one.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.32"]
package controlplane.change_control.fresh_approvals

import data.controlplane.lib.approvals

findings contains finding if {
	some index, requirement in input.subject.resource.requirements
	requirement.freshForSeconds > 0
	needed := requirement.count
	given := count(approvals.people(requirement))
	given >= needed
	fresh := count(recent(requirement))
	not fresh >= needed
	finding := {
		"code": "stale",
		"path": ["requirements", index],
		"params": {
			"freshFor": requirement.freshFor,
			"requirement": requirement.name,
			"source": requirement.source,
		},
	}
}

recent(requirement) := {approval.person |
	some approval in input.facts.approvals
	approvals.covers(approval, requirement)
	approvals.fits(approval, requirement)
	approval.epochSeconds + requirement.freshForSeconds > input.time.epochSeconds
}

valid_until contains approval.epochSeconds + requirement.freshForSeconds if {
	some requirement in input.subject.resource.requirements
	some approval in input.facts.approvals
}
