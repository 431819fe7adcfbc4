# METADATA
# scope: package
# title: Nobody brings in a way to approve for themselves
# description: >-
#   A key or an identity that may approve is a vote in every later change, and a key that imports
#   what a Git server says brings any number of them. A key that decides, applies or publishes needs
#   no vote any more. Whoever wrote the change that brings it, in a new trust root or in one there
#   is, and whoever holds it, must not be the only ones who agreed.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-5, separation of duties
# custom:
#   short_name: own-key
#   severity: deny
#   subjects: [TrustRoot]
#   uses: [change, facts]
#   messages:
#     own: "{name} may approve or import approvals from now on, for {person}; nobody but its author and its holder agreed"
#     alone: "the key {name} may {purpose} from now on; nobody but the change's author agreed, and others could"
#   remedy: >-
#     Ask an approver who neither wrote the change nor holds what it brings in.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.3", "ISO27001 A.5.18"]
package controlplane.change_control.own_key

import data.controlplane.lib.approvals

before := object.get(input.change, "before", {})

# Where the base names no approver, there is nobody to ask.
nobody if input.facts.approvers == 0

findings contains about("keys", index, key) if {
	not nobody
	some index, key in input.subject.resource.spec.keys
	key.purpose in {"approve", "import"}
	known := object.get(before, ["spec", "keys"], [])
	not key in known
	holder := object.get(key, "person", key.name)
	not vouched(holder)
}

findings contains about("identities", index, identity) if {
	not nobody
	some index, identity in input.subject.resource.spec.identities
	"approve" in identity.purposes
	known := object.get(before, ["spec", "identities"], [])
	not identity in known
	holder := object.get(identity, "person", identity.name)
	not vouched(holder)
}

# Where it names one alone, a key of a machine can still be replaced.
findings contains finding if {
	input.facts.approvers > 1
	some index, key in input.subject.resource.spec.keys
	key.purpose in {"apply", "decide", "publish"}
	known := object.get(before, ["spec", "keys"], [])
	not key in known
	holder := object.get(key, "person", key.name)
	not vouched(holder)
	finding := {
		"code": "alone",
		"path": ["spec", "keys", index],
		"params": {"name": key.name, "purpose": key.purpose},
	}
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
