# METADATA
# scope: package
# title: No group of outsiders administers a tenant
# description: >-
#   Contractors and guests come and go without the tenant's own joiners and leavers process. A role
#   that can change or restart things, held by such a group, outlives the contract.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 PS-7, external personnel security
# custom:
#   short_name: outside-admin
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     group: "members of {who}, who are from outside, are {role} in {tenant}"
#     attribute: "people with {who}, who are from outside, are {role} in {tenant}"
#   remedy: >-
#     Give outsiders a role that only looks, or move those who administer into a group of the
#     tenant's own.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.18", "ISO27001 A.8.2"]
package controlplane.tenancy.outside_admin

import data.controlplane.lib.text

identity := input.subject.resource.spec.identity

known := data.parameters.tenancy.outside_admin

findings contains about("group", ["groups", index], entry.group, entry.role) if {
	some index, entry in identity.groups
	entry.role in known.roles
	outside(entry.group)
}

findings contains about("attribute", ["attributes", index], value, entry.role) if {
	some index, entry in identity.attributes
	entry.role in known.roles
	some value in entry.values
	outside(value)
}

outside(name) if {
	some word in words(name)
	word in known.words
}

# The words of a name, whatever stands between them.
words(name) := {part |
	some word in split(text.in_small_letters(name), "-")
	some piece in split(word, "_")
	some bit in split(piece, ".")
	some end in split(bit, "/")
	some part in split(end, "#")
}

about(code, path, who, role) := {
	"code": code,
	"path": array.concat(["spec", "identity"], path),
	"params": {"role": role, "tenant": input.subject.name, "who": who},
}
