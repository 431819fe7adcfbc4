# METADATA
# scope: package
# title: Telemetry and warehouses outside are where the data may be
# description: >-
#   Logs and traces carry personal data, and a warehouse is where most of it is. An endpoint outside
#   of the tenant's zones moves data abroad although every placement is right.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 44, transfers to third countries
# custom:
#   short_name: endpoint-zone
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     elsewhere: "{url} is in zone {zone}; the data of {tenant} may be in {allowed} only"
#     unknown: "it is not known where {url} is, so data of {tenant} cannot be sent there"
#     unaddressed: "the telemetry of {tenant} goes to a sink of kind {kind} of which no address is given"
#   remedy: >-
#     Use an endpoint in one of the tenant's zones; where its host is not known yet, add it with its
#     zone to the parameter `zones` after its contract was read.
#   controls: ["SOC2 C1.1", "SOC2 P6.1", "ISO27001 A.5.14", "ISO27001 A.5.34"]
package controlplane.residency.endpoint_zone

import data.controlplane.lib.urls

spec := input.subject.resource.spec

sink := spec.observability.sink

zones := data.parameters.residency.endpoint_zone.zones

endpoints contains {"path": ["spec", "observability", "sink", "endpoint"], "url": sink.endpoint}

endpoints contains {"path": ["spec", "data", "ingress", index, "source"], "url": way.source} if {
	some index, way in spec.data.ingress
	way.kind == "warehouse"
}

allowed contains zone if some zone in spec.data.residency

findings contains finding if {
	some endpoint in endpoints
	zone := zones[urls.host(endpoint.url)]
	not zone in allowed
	finding := {
		"code": "elsewhere",
		"path": endpoint.path,
		"params": {
			"allowed": concat(", ", spec.data.residency),
			"tenant": input.subject.name,
			"url": endpoint.url,
			"zone": zone,
		},
	}
}

findings contains finding if {
	some endpoint in endpoints
	not known(endpoint)
	finding := {
		"code": "unknown",
		"path": endpoint.path,
		"params": {"tenant": input.subject.name, "url": endpoint.url},
	}
}

findings contains finding if {
	sink.kind != "platform"
	not sink.endpoint
	finding := {
		"code": "unaddressed",
		"path": ["spec", "observability", "sink"],
		"params": {"kind": sink.kind, "tenant": input.subject.name},
	}
}

known(endpoint) if zones[urls.host(endpoint.url)]
