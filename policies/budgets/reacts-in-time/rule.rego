# METADATA
# scope: package
# title: A cap notices within hours that it no longer knows
# description: >-
#   Usage that is unknown for a day is a day without a cap, and a grace of a day is a day above it.
#   Runaway bills are made in a night.
# related_resources:
#   - ref: https://www.finops.org/framework/capabilities/anomaly-management/
#     description: FinOps Framework, Anomaly Management
# custom:
#   short_name: reacts-in-time
#   severity: deny
#   subjects: [BudgetCap]
#   uses: [parameters]
#   messages:
#     late: "{cap} takes usage for known until {after} without a reading; at most {most} seconds are allowed"
#     grace: "{cap} waits {after} above a threshold; at most {most} seconds are allowed"
#   remedy: >-
#     Lower lateAfter and grace, or raise the parameter where readings come less often.
#   controls: ["SOC2 CC7.2", "SOC2 A1.1", "ISO27001 A.8.16"]
package controlplane.budgets.reacts_in_time

spec := input.subject.resource.spec

limits := data.parameters.budgets.reacts_in_time

findings contains about("late", "lateAfter", limits.lateAfterSeconds) if {
	spec.lateAfter.seconds > limits.lateAfterSeconds
}

findings contains about("grace", "grace", limits.graceSeconds) if {
	spec.grace.seconds > limits.graceSeconds
}

about(code, field, most) := {
	"code": code,
	"path": ["spec", field],
	"params": {"after": spec[field].text, "cap": input.subject.name, "most": most},
}
