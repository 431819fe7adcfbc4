# METADATA
# scope: package
# title: The ladder of a cap ends in something that stops
# description: >-
#   A cap that only warns and throttles is a report. Its last step must suspend, and not so far above
#   the limit that the bill is written before it is taken.
# related_resources:
#   - ref: https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
#     description: OWASP API4:2023, spending limits and billing alerts
# custom:
#   short_name: ladder-stops
#   severity: deny
#   subjects: [BudgetCap]
#   uses: [parameters]
#   messages:
#     never: "nothing in the ladder of {cap} suspends"
#     late: "{cap} suspends at {at}; at most {most} basis points of the limit are allowed"
#   remedy: "Add a step {at: 120%, action: suspend, suspend: pack} to spec.ladder, or bring the last one down."
#   controls: ["SOC2 CC5.2", "SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.budgets.ladder_stops

default most := 0

most := data.parameters.budgets.ladder_stops.suspendAtMostBasisPoints

spec := input.subject.resource.spec

stops contains rung.at.basisPoints if {
	some rung in spec.ladder
	rung.action == "suspend"
}

findings contains finding if {
	limited
	count(stops) == 0
	finding := {"code": "never", "path": ["spec", "ladder"], "params": {"cap": input.subject.name}}
}

findings contains finding if {
	limited
	some index, rung in spec.ladder
	rung.at.basisPoints == sort([at | some at in stops])[0] # thresholds rise, so this is the step that suspends
	rung.at.basisPoints > most
	finding := {
		"code": "late",
		"path": ["spec", "ladder", index, "at"],
		"params": {"at": rung.at.text, "cap": input.subject.name, "most": most},
	}
}

# A cap without a limit, said in so many words, has nothing to stop at.
limited if not spec.limit == "unlimited"
