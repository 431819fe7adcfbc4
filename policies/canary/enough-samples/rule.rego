# METADATA
# scope: package
# title: A step is judged on enough, for long enough
# description: >-
#   Ten requests in one minute say nothing about a fault that one request in a hundred meets. A step
#   that is judged on nothing passes.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, canary population and duration
# custom:
#   short_name: enough-samples
#   severity: deny
#   subjects: [CanaryRule]
#   uses: [parameters]
#   messages:
#     few: "{rule} judges {weight} of the traffic on {samples} samples; at least {least} are demanded"
#     short: "{rule} judges {weight} of the traffic after {pause}; at least {least} seconds are demanded"
#   remedy: >-
#     Raise minimumSamples and pause of the step; where traffic is thin, let it wait longer rather
#     than judge on less.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.29"]
package controlplane.canary.enough_samples

steps := input.subject.resource.spec.strategy.steps

least := data.parameters.canary.enough_samples

findings contains about("few", index, "minimumSamples", least.samples) if {
	some index, step in steps
	step.minimumSamples < least.samples
}

findings contains about("short", index, "pause", least.seconds) if {
	some index, step in steps
	step.pause.seconds < least.seconds
}

about(code, index, field, demanded) := {
	"code": code,
	"path": ["spec", "strategy", "steps", index, field],
	"params": {
		"least": demanded,
		"pause": steps[index].pause.text,
		"rule": input.subject.name,
		"samples": steps[index].minimumSamples,
		"weight": steps[index].weight.text,
	},
}
