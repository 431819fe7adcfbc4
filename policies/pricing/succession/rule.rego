# METADATA
# scope: package
# title: A price plan follows the one before it without a gap
# description: >-
#   Two plans at once bill the same month twice or at the wrong price, a gap bills it not at all,
#   and a successor of another bundle moves customers to what they never ordered.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2006/112/oj
#     description: VAT Directive 2006/112/EC Article 226(8), unit price
# custom:
#   short_name: succession
#   severity: deny
#   subjects: [PricePlan]
#   uses: [references]
#   messages:
#     overlap: "{plan} begins on {begins}, and {before} before it ends only {ends}"
#     gap: "{plan} begins on {begins}, and {before} before it has ended on {ends}"
#     other: "{plan} takes the place of {before}, which is for another bundle or in another currency"
#     unknown: "{plan} takes the place of {before}, which is not known"
#   remedy: >-
#     Let effectiveUntil of the plan before be effectiveFrom of this one; supersede only plans of
#     the same bundle and currency.
#   controls: ["SOC2 PI1.1", "SOC2 PI1.3", "ISO27001 A.5.33"]
package controlplane.pricing.succession

spec := input.subject.resource.spec

before := input.references.PricePlan[spec.supersedes].spec

findings contains about("overlap", ["effectiveFrom"], before.effectiveUntil.text) if {
	before.effectiveUntil.epochSeconds > spec.effectiveFrom.epochSeconds
}

findings contains about("overlap", ["effectiveFrom"], "never") if {
	object.get(before, "effectiveUntil", "never") == "never"
}

findings contains about("gap", ["effectiveFrom"], before.effectiveUntil.text) if {
	before.effectiveUntil.epochSeconds < spec.effectiveFrom.epochSeconds
}

findings contains about("other", ["supersedes"], "") if {
	sold(before) != sold(spec)
}

# Where nothing is superseded, `about` has nothing to say.
findings contains about("unknown", ["supersedes"], "") if not before

sold(plan) := [object.get(plan, "plan", ""), plan.currency]

about(code, path, ends) := {
	"code": code,
	"path": array.concat(["spec"], path),
	"params": {
		"before": spec.supersedes,
		"begins": spec.effectiveFrom.text,
		"ends": ends,
		"plan": input.subject.name,
	},
}
