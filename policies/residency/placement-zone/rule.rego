# METADATA
# scope: package
# title: A tenant runs where its data may be
# description: >-
#   The residency zones a tenant agreed to are a promise, and in many places the law. A placement
#   outside of them moves data abroad the moment it is applied.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 44, transfers to third countries
# custom:
#   short_name: placement-zone
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     elsewhere: "{target} is in zone {zone}; the data of {tenant} may be in {allowed} only"
#     unknown: "it is not known where {target} is, so {tenant} cannot be placed there"
#   remedy: >-
#     Place the tenant on a target in one of its residency zones. A new zone needs the tenant's consent
#     first.
#   controls: ["SOC2 C1.1", "SOC2 P6.1", "ISO27001 A.5.34", "ISO27001 A.5.31"]
package controlplane.residency.placement_zone

import data.controlplane.lib.references

spec := input.subject.resource.spec

allowed contains zone if some zone in spec.data.residency

findings contains finding if {
	some index, placement in spec.placements
	zone := references.target(placement.target).spec.residencyZone
	not zone in allowed
	finding := {
		"code": "elsewhere",
		"path": ["spec", "placements", index, "target"],
		"params": {
			"allowed": concat(", ", spec.data.residency),
			"target": placement.target,
			"tenant": input.subject.name,
			"zone": zone,
		},
	}
}

findings contains finding if {
	some index, placement in spec.placements
	not known(placement)
	finding := {
		"code": "unknown",
		"path": ["spec", "placements", index, "target"],
		"params": {"target": placement.target, "tenant": input.subject.name},
	}
}

known(placement) if references.target(placement.target).spec.residencyZone
