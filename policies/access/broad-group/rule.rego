# METADATA
# scope: package
# title: A group that holds everyone holds no rights
# description: >-
#   Identity providers have groups that everyone is in, guests included. A role above viewer given to
#   such a group is given to strangers.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-6, least privilege
# custom:
#   short_name: broad-group
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     everyone: "group {group} is everyone, and would be {role}"
#   remedy: Give the role to a group that is made for it and whose members somebody answers for.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18"]
package controlplane.access.broad_group

import data.controlplane.lib.text

findings contains finding if {
	some index, entry in input.subject.resource.spec.identity.groups
	entry.role != "viewer"
	not narrow(entry)
	finding := {
		"code": "everyone",
		"path": ["spec", "identity", "groups", index, "group"],
		"params": {"group": entry.group, "role": entry.role},
	}
}

narrow(entry) if {
	broad := {text.in_small_letters(name) | some name in data.parameters.access.broad_group.groups}
	count(broad) > 0
	group := text.in_small_letters(entry.group)
	not group in broad
}
