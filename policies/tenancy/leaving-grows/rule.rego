# METADATA
# scope: package
# title: A tenant that leaves or is suspended gets nothing new
# description: >-
#   New placements and packs of a tenant on its way out are paid by nobody and have to be found
#   again for the purge.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/tenant-lifecycle
#     description: Tenant lifecycle, deactivating and offboarding
# custom:
#   short_name: leaving-grows
#   severity: deny
#   subjects: [Tenant]
#   uses: [change]
#   messages:
#     placement: "{tenant} is {stage} and would come to {where}"
#     pack: "{tenant} is {stage} and would get {where}"
#   remedy: >-
#     Make the tenant active again first, in a change of its own, or leave out what is new.
#   controls: ["SOC2 CC6.5", "SOC2 P4.3", "ISO27001 A.8.10"]
package controlplane.tenancy.leaving_grows

spec := input.subject.resource.spec

going if spec.lifecycle.stage in {"leaving", "suspended"}

findings contains about("placement", ["placements", index], where) if {
	going
	before := {place(old) | some old in input.change.before.spec.placements}
	input.change.before
	some index, placement in spec.placements
	where := place(placement)
	not where in before
}

findings contains about("pack", ["packs", index], where) if {
	going
	before := {old.name | some old in input.change.before.spec.packs}
	input.change.before
	some index, pack in spec.packs
	where := pack.name
	not where in before
}

place(placement) := sprintf("%v@%v", [placement.environment, placement.target])

about(code, path, where) := {
	"code": code,
	"path": array.concat(["spec"], path),
	"params": {"stage": spec.lifecycle.stage, "tenant": input.subject.name, "where": where},
}
