# METADATA
# scope: package
# title: Only an agency has client workspaces
# description: >-
#   A parent sees its clients. A parent that is no agency, or has a parent of its own, would give
#   somebody sight of tenants that never agreed to it.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-21, information sharing with partners
# custom:
#   short_name: agency-parent
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     not-an-agency: "{parent} is not an agency, so it cannot be the parent of {tenant}"
#     nested: "{parent} is itself a client workspace, so it cannot be the parent of {tenant}"
#   remedy: Name a tenant with plan agency and no parent of its own, or remove spec.parent.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.15"]
package controlplane.tenancy.agency_parent

spec := input.subject.resource.spec

findings contains about("not-an-agency", parent) if {
	parent := spec.parent
	not agency(parent)
}

findings contains about("nested", parent) if {
	parent := spec.parent
	input.references.Tenant[parent].spec.parent
}

agency(name) if input.references.Tenant[name].spec.plan == "agency"

about(code, parent) := {
	"code": code,
	"path": ["spec", "parent"],
	"params": {"parent": parent, "tenant": input.subject.name},
}
