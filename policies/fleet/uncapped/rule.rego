# METADATA
# scope: package
# title: Every tenant that runs something has a cap
# description: >-
#   A tenant without a cap has no upper end: a loop in one program is a bill by morning.
# related_resources:
#   - ref: https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
#     description: OWASP API4:2023, spending limits and billing alerts
# custom:
#   short_name: uncapped
#   severity: warn
#   subjects: [Fleet]
#   uses: []
#   messages:
#     none: "no cap holds for {tenant}, one of {count} tenants without any"
#   remedy: >-
#     Name a cap in spec.budgetCaps of the tenant, add the tenant to the scope of one, or declare
#     one that holds for everybody.
#   controls: ["SOC2 CC3.2", "SOC2 CC5.2", "ISO27001 A.8.6"]
package controlplane.fleet.uncapped

findings contains finding if {
	uncapped := input.subject.resource.uncapped
	uncapped.count > 0
	some index, holder in uncapped.items
	finding := {
		"code": "none",
		"path": ["uncapped", "items", index],
		"params": {"count": uncapped.count, "tenant": holder.tenant},
	}
}
