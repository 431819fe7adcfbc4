# METADATA
# scope: package
# title: Traffic moves at once only to what was checked
# description: >-
#   Blue-green shows a new version to everybody in one moment. What was not checked before,
#   everybody finds.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, blue/green deployment
# custom:
#   short_name: blue-green-checked
#   severity: deny
#   subjects: [CanaryRule]
#   uses: [parameters]
#   messages:
#     unchecked: "{rule} moves all traffic at once and checks nothing before"
#     short: "{rule} keeps the old side for {lasts} only; at least {least} seconds are demanded"
#   remedy: >-
#     Name the checks in preflight, such as smoke, and keep the old side long enough to go back to.
#   controls: ["SOC2 CC8.1", "SOC2 A1.2", "ISO27001 A.8.29"]
package controlplane.canary.blue_green_checked

spec := input.subject.resource.spec

findings contains finding if {
	spec.strategy.type == "blue-green"
	count(spec.preflight) == 0
	finding := {"code": "unchecked", "path": ["spec", "preflight"], "params": {"rule": input.subject.name}}
}

findings contains finding if {
	spec.strategy.type == "blue-green"
	least := data.parameters.canary.blue_green_checked.seconds
	spec.strategy.lasts.seconds < least
	finding := {
		"code": "short",
		"path": ["spec", "strategy", "lasts"],
		"params": {"lasts": spec.strategy.lasts.text, "least": least, "rule": input.subject.name},
	}
}
