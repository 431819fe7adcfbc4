# METADATA
# scope: package
# title: The warehouse stands where the data may be
# description: >-
#   Placements can be right and the data still abroad: the store that holds it has a place of its own.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 44, transfers to third countries
# custom:
#   short_name: warehouse-zone
#   severity: deny
#   subjects: [Tenant]
#   uses: []
#   messages:
#     elsewhere: "the warehouse of {tenant} stands in {zone}, its data may be in {allowed} only"
#   remedy: Use a warehouse in one of the tenant's residency zones; a new zone needs the tenant's consent.
#   controls: ["SOC2 C1.1", "ISO27001 A.5.34", "ISO27001 A.5.14"]
package controlplane.residency.warehouse_zone

declared := input.subject.resource.spec.data

findings contains finding if {
	zone := declared.warehouse.zone
	not allowed(zone)
	finding := {
		"code": "elsewhere",
		"path": ["spec", "data", "warehouse", "zone"],
		"params": {
			"allowed": concat(", ", declared.residency),
			"tenant": input.subject.name,
			"zone": zone,
		},
	}
}

allowed(zone) if zone in declared.residency
