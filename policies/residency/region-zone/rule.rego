# METADATA
# scope: package
# title: A target says truly where it is
# description: >-
#   Every rule on residency believes the zone that a cluster declares. One that says eu and stands
#   in Virginia, or that is relabelled under its tenants, makes all of them lie.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 30(2)(c), records of transfers
# custom:
#   short_name: region-zone
#   severity: deny
#   subjects: [Cluster, ComputeEngine]
#   uses: [change, parameters]
#   messages:
#     mismatch: "{target} declares zone {zone}, but region {region} of {provider} is in {known}"
#     relabelled: "the zone of {target} would change from {before} to {zone} under the tenants that are there"
#   remedy: >-
#     Correct residencyZone or region. A target does not move: add another one in the new zone and
#     let its tenants follow.
#   controls: ["SOC2 C1.1", "ISO27001 A.5.34", "ISO27001 A.5.31"]
package controlplane.residency.region_zone

import data.controlplane.lib.text

spec := input.subject.resource.spec

zones := data.parameters.residency.region_zone.zones

findings contains finding if {
	known := zones[text.in_small_letters(spec.region)]
	spec.residencyZone != known
	finding := {
		"code": "mismatch",
		"path": ["spec", "residencyZone"],
		"params": {
			"known": known,
			"provider": spec.provider,
			"region": spec.region,
			"target": input.subject.name,
			"zone": spec.residencyZone,
		},
	}
}

findings contains finding if {
	before := input.change.before.spec.residencyZone
	before != spec.residencyZone
	finding := {
		"code": "relabelled",
		"path": ["spec", "residencyZone"],
		"params": {"before": before, "target": input.subject.name, "zone": spec.residencyZone},
	}
}
