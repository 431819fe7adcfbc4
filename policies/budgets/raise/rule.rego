# METADATA
# scope: package
# title: Who spends does not raise the cap, and nobody raises it far
# description: >-
#   A cap that the tenant or a program may raise is a suggestion. One that finance may raise tenfold
#   by one approval was never decided on.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-5, separation of duties
# custom:
#   short_name: raise
#   severity: deny
#   subjects: [BudgetCap]
#   uses: [parameters]
#   messages:
#     who: "{cap} may be raised by {role}"
#     unlimited: "{cap} may be raised without limit"
#     far: "{cap} may be raised to {top}, more than {most}% of {limit}"
#   remedy: >-
#     Leave raising to finance, up to a share of the limit that is worth one approval; a larger one
#     is a new limit, in a change of its own.
#   controls: ["SOC2 CC5.1", "SOC2 CC6.3", "ISO27001 A.5.3"]
package controlplane.budgets.raise

spec := input.subject.resource.spec

findings contains about("who", ["roles", index], {"role": role}) if {
	some index, role in spec.increases.roles
	role in {"robot", "tenant"}
}

findings contains about("unlimited", ["upTo"], {}) if spec.increases.upTo == "unlimited"

findings contains about("far", ["upTo"], params) if {
	most := data.parameters.budgets.raise.mostPercent
	spec.increases.upTo.micros * 100 > spec.limit.micros * most
	params := {"limit": spec.limit.text, "most": most, "top": spec.increases.upTo.text}
}

about(code, path, params) := {
	"code": code,
	"path": array.concat(["spec", "increases"], path),
	"params": {
		"cap": input.subject.name,
		"limit": object.get(params, "limit", ""),
		"most": object.get(params, "most", 0),
		"role": object.get(params, "role", ""),
		"top": object.get(params, "top", ""),
	},
}
