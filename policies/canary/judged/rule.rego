# METADATA
# scope: package
# title: A canary is judged by something
# description: >-
#   Steps and pauses without a metric or an objective are a slow way to ship a fault to everybody.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, selecting and evaluating metrics
# custom:
#   short_name: judged
#   severity: deny
#   subjects: [CanaryRule]
#   uses: []
#   messages:
#     nothing: "{rule} moves traffic and looks at nothing"
#     failure: "{rule} stays on the faulty version when a gate fails, and tells nobody"
#   remedy: >-
#     Give the rule at least one entry in spec.metrics or spec.slos, and notify somebody where a failure
#     does not roll back.
#   controls: ["SOC2 CC8.1", "SOC2 A1.2", "ISO27001 A.8.32"]
package controlplane.canary.judged

spec := input.subject.resource.spec

findings contains finding if {
	count(spec.metrics) == 0
	count(spec.slos) == 0
	finding := {"code": "nothing", "path": ["spec"], "params": {"rule": input.subject.name}}
}

findings contains finding if {
	spec.onFailure.action != "rollback"
	count(spec.onFailure.notify) == 0
	finding := {
		"code": "failure",
		"path": ["spec", "onFailure"],
		"params": {"rule": input.subject.name},
	}
}
