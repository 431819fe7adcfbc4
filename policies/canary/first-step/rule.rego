# METADATA
# scope: package
# title: The first step of a canary is small
# description: >-
#   The first share of traffic meets a version nobody has seen under load. It should be one whose loss
#   can be borne.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, canary population and duration
# custom:
#   short_name: first-step
#   severity: warn
#   subjects: [CanaryRule]
#   uses: [parameters]
#   messages:
#     large: "{rule} begins with {weight} of the traffic; {most} basis points is the limit"
#   remedy: Put a smaller step in front, such as 5%.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.32"]
package controlplane.canary.first_step

default most := 0

most := data.parameters.canary.first_step.weightAtMostBasisPoints

findings contains finding if {
	weight := input.subject.resource.spec.strategy.steps[0].weight
	weight.basisPoints > most
	finding := {
		"code": "large",
		"path": ["spec", "strategy", "steps", 0, "weight"],
		"params": {"most": most, "rule": input.subject.name, "weight": weight.text},
	}
}
