# METADATA
# scope: package
# title: Without data a canary fails
# description: >-
#   A new version that answers nothing sends no metrics. A rule in which every metric waits for data
#   stays on it for ever, and calls that waiting.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SI-17, fail-safe procedures
# custom:
#   short_name: missing-data
#   severity: deny
#   subjects: [CanaryRule]
#   uses: []
#   messages:
#     waits: "every metric of {rule} waits where there is no data, and no objective is watched"
#   remedy: >-
#     Let at least one metric fail where data is missing, or watch an objective in slos.
#   controls: ["SOC2 CC7.2", "SOC2 CC8.1", "ISO27001 A.8.16"]
package controlplane.canary.missing_data

spec := input.subject.resource.spec

findings contains finding if {
	count(spec.metrics) > 0
	count(spec.slos) == 0
	every metric in spec.metrics {
		metric.missing == "wait"
	}
	finding := {
		"code": "waits",
		"path": ["spec", "metrics"],
		"params": {"rule": input.subject.name},
	}
}
