# METADATA
# scope: package
# title: A rule that is waived everywhere is changed instead
# description: >-
#   Each waiver was right by itself. Ten of them on one rule say that the rule is wrong, or that
#   nobody does the work to meet it.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CA-7(3), trend analyses
# custom:
#   short_name: waiver-debt
#   severity: warn
#   subjects: [Fleet]
#   uses: [parameters]
#   messages:
#     many: "{rule} is waived {count} times; at most {most} waivers of one rule are allowed"
#   remedy: >-
#     Change the rule or its parameters, or do the work that makes the waivers unnecessary.
#   controls: ["SOC2 CC3.4", "SOC2 CC9.1", "ISO27001 A.5.36"]
package controlplane.fleet.waiver_debt

findings contains finding if {
	most := data.parameters.fleet.waiver_debt.mostOfOneRule
	some index, waived in input.subject.resource.waivers.byRule.items
	waived.count > most
	finding := {
		"code": "many",
		"path": ["waivers", "byRule", "items", index],
		"params": {"count": waived.count, "most": most, "rule": waived.rule},
	}
}
