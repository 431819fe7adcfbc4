# METADATA
# scope: package
# title: A target offers the isolation that is asked of it
# description: >-
#   A tenant that asks for a target of its own and gets a shared one believes in a wall that is not
#   there.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
#     description: Multi-tenancy, isolation
# custom:
#   short_name: offered
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     not-offered: "{target} does not offer {isolation} isolation"
#   remedy: Choose a target that offers this isolation, or an isolation that the target offers.
#   controls: ["SOC2 CC6.1", "ISO27001 A.8.22"]
package controlplane.isolation.offered

import data.controlplane.lib.references

findings contains finding if {
	some index, placement in input.subject.resource.spec.placements
	not offered(placement)
	finding := {
		"code": "not-offered",
		"path": ["spec", "placements", index, "isolation"],
		"params": {"isolation": placement.isolation, "target": placement.target},
	}
}

offered(placement) if placement.isolation in references.target(placement.target).spec.isolation
