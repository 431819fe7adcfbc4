# METADATA
# scope: package
# title: Whoever owns a file agrees to its change
# description: >-
#   `codeOwners` in repository.yaml of the protected branch says whose word counts for which files;
#   of several patterns that fit, the last one counts. In an emergency owners are asked afterwards,
#   except about policies.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.2/source-example-controls
#     description: SLSA 1.2 Source, expert code review
# custom:
#   short_name: code-owners
#   severity: deny
#   subjects: [Change]
#   uses: [facts]
#   messages:
#     missing: "{count} file(s) under {pattern}, {example} among them, belong to {owners}, none of whom agreed"
#   remedy: >-
#     Ask one of the owners to approve. An owner is matched by the name or subject of an identity,
#     by a person, by a key's name, or by a role of the trust root.
#   controls: ["SOC2 CC8.1", "SOC2 CC6.3", "ISO27001 A.5.9", "ISO27001 A.8.4"]
package controlplane.change_control.code_owners

import data.controlplane.lib.approvals

findings contains finding if {
	some index, owned in input.subject.resource.owners
	not agreed(owned)
	not excused(owned)
	finding := {
		"code": "missing",
		"path": ["owners", index],
		"params": {
			"count": object.get(owned, "count", 0),
			"example": concat("", array.slice(object.get(owned, "paths", []), 0, 1)),
			"owners": concat(" or ", owned.owners),
			"pattern": object.get(owned, "pattern", ""),
		},
	}
}

agreed(owned) if {
	some approval in input.facts.approvals
	approvals.covers(approval, owned)
	some name in array.concat(approval.names, [approval.role])
	name in owned.owners
}

excused(owned) if {
	approvals.emergency
	classes := owned.classes
	not "policy" in classes
}
