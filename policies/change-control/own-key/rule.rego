# METADATA
# scope: package
# title: Nobody brings in a way to approve for themselves
# description: >-
#   A key or an identity that may approve is a vote in every later change. Whoever wrote the change
#   that brings it, and whoever holds it, must not be the only ones who agreed to that.
# custom:
#   short_name: own-key
#   severity: deny
#   subjects: [TrustRoot]
#   uses: [change, facts]
#   messages:
#     own: "{name} may approve from now on, for {person}; nobody but its author and its holder agreed"
#   remedy: >-
#     Ask an approver who neither wrote the change nor holds what it brings in.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.3", "ISO27001 A.5.18"]
package controlplane.change_control.own_key

import data.controlplane.lib.approvals

before := input.change.before

findings contains about("keys", index, key) if {
	approvals.approvers(before)
	some index, key in input.subject.resource.spec.keys
	key.purpose == "approve"
	known := before.spec.keys
	not key in known
	holder := object.get(key, "person", key.name)
	not vouched(holder)
}

findings contains about("identities", index, identity) if {
	approvals.approvers(before)
	some index, identity in input.subject.resource.spec.identities
	"approve" in identity.purposes
	known := before.spec.identities
	not identity in known
	holder := object.get(identity, "person", identity.name)
	not vouched(holder)
}

# Somebody agreed who neither wrote the change nor is the holder.
vouched(holder) if {
	some person in approvals.others({"classes": ["security"], "roles": []})
	person != holder
}

about(list, index, item) := {
	"code": "own",
	"path": ["spec", list, index],
	"params": {"name": item.name, "person": object.get(item, "person", item.name)},
}
