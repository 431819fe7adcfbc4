# METADATA
# scope: package
# title: A new zone is agreed to before it is used
# description: >-
#   A change that adds a zone to a tenant's residency and moves there at once asks one reviewer for
#   both, and the rule on zones sees nothing wrong. The consent comes first, in a change of its own.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 28(3)(a), transfers only on documented instructions
# custom:
#   short_name: widened-and-used
#   severity: deny
#   subjects: [Tenant]
#   uses: [change, references]
#   messages:
#     placement: "{tenant} would be placed in {zone}, which the same change adds to where its data may be"
#     warehouse: "the warehouse of {tenant} would stand in {zone}, which the same change adds to where its data may be"
#   remedy: >-
#     Add the zone to data.residency in a change of its own, with the tenant's consent; place the
#     tenant there afterwards.
#   controls: ["SOC2 C1.1", "SOC2 CC8.1", "ISO27001 A.5.34", "ISO27001 A.8.32"]
package controlplane.residency.widened_and_used

import data.controlplane.lib.references

spec := input.subject.resource.spec

new contains zone if {
	before := input.change.before.spec.data.residency
	some zone in spec.data.residency
	not zone in before
}

findings contains finding if {
	some index, placement in spec.placements
	zone := references.target(placement.target).spec.residencyZone
	zone in new
	finding := {
		"code": "placement",
		"path": ["spec", "placements", index, "target"],
		"params": {"tenant": input.subject.name, "zone": zone},
	}
}

findings contains finding if {
	zone := spec.data.warehouse.zone
	zone in new
	finding := {
		"code": "warehouse",
		"path": ["spec", "data", "warehouse", "zone"],
		"params": {"tenant": input.subject.name, "zone": zone},
	}
}
