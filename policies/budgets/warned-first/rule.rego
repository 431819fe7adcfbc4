# METADATA
# scope: package
# title: Somebody is told before a cap suspends
# description: >-
#   A cap that stops a tenant without a word before turns a budget into an outage, and the next
#   change is to raise the cap without looking.
# related_resources:
#   - ref: https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
#     description: OWASP API4:2023, spending limits and billing alerts
# custom:
#   short_name: warned-first
#   severity: deny
#   subjects: [BudgetCap]
#   uses: []
#   messages:
#     unwarned: "{cap} suspends at {at} and tells nobody before"
#     silent: "{cap} suspends at {at} and tells nobody"
#   remedy: >-
#     Put a step in front, such as {at: 80%, action: warn, notify: [owner, billing]}, and name in
#     notify who is told of the suspension.
#   controls: ["SOC2 CC2.3", "SOC2 A1.1", "SOC2 CC7.4"]
package controlplane.budgets.warned_first

ladder := input.subject.resource.spec.ladder

findings contains about("unwarned", index, rung.at) if {
	some index, rung in ladder
	rung.action == "suspend"
	told := [lower | some lower in ladder; lower.at.basisPoints < rung.at.basisPoints; count(lower.notify) > 0]
	count(told) == 0
}

findings contains about("silent", index, rung.at) if {
	some index, rung in ladder
	rung.action == "suspend"
	count(rung.notify) == 0
}

about(code, index, at) := {
	"code": code,
	"path": ["spec", "ladder", index],
	"params": {"at": at.text, "cap": input.subject.name},
}
