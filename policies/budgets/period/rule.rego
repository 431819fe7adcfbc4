# METADATA
# scope: package
# title: A cap begins again every month, and carries little over
# description: >-
#   What may be spent in a year can be spent in its first night. What was not spent in quiet months
#   and is carried over doubles the bill of the next.
# related_resources:
#   - ref: https://www.finops.org/framework/capabilities/budgeting/
#     description: FinOps Framework, Budgeting
# custom:
#   short_name: period
#   severity: warn
#   subjects: [BudgetCap]
#   uses: [parameters]
#   messages:
#     long: "{cap} counts over a {unit}, so all of it can go in one night"
#     carried: "{cap} carries {share} over; at most {most} basis points are allowed"
#   remedy: >-
#     Count over a month or less, and carry over a small share or nothing.
#   controls: ["SOC2 CC3.2", "SOC2 A1.1"]
package controlplane.budgets.period

period := input.subject.resource.spec.period

findings contains about("long", "unit", {"unit": period.unit}) if period.unit in {"quarter", "year"}

findings contains about("carried", "carryOver", {"share": period.carryOver.text, "most": most}) if {
	most := data.parameters.budgets.period.carryOverBasisPoints
	period.carryOver.basisPoints > most
}

about(code, field, params) := {
	"code": code,
	"path": ["spec", "period", field],
	"params": {
		"cap": input.subject.name,
		"most": object.get(params, "most", 0),
		"share": object.get(params, "share", ""),
		"unit": object.get(params, "unit", ""),
	},
}
