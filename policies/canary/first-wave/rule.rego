# METADATA
# scope: package
# title: The first wave is one whose loss can be borne
# description: >-
#   Somebody meets a new version first. It should not be the tenant at whom an outage is worst, or
#   who is looked at by a regulator.
# related_resources:
#   - ref: https://sre.google/workbook/canarying-releases/
#     description: Google SRE Workbook, canary population and duration
# custom:
#   short_name: first-wave
#   severity: warn
#   subjects: [CanaryRule]
#   uses: [references]
#   messages:
#     grave: "{rule} begins with {tenant}, whose risk is {level}"
#     unknown: "{rule} begins with {tenant}, which is not known"
#   remedy: >-
#     Put tenants of low and medium risk into the first wave, and the others last.
#   controls: ["SOC2 CC3.2", "SOC2 CC8.1", "ISO27001 A.8.32"]
package controlplane.canary.first_wave

waves := input.subject.resource.spec.waves

first contains {"index": index, "name": name} if some index, name in waves[0].tenants

findings contains about("grave", tenant, level) if {
	count(waves) > 1
	some tenant in first
	level := input.references.Tenant[tenant.name].spec.risk.level
	level in {"critical", "high"}
}

findings contains about("unknown", tenant, "") if {
	some tenant in first
	name := tenant.name
	not input.references.Tenant[name]
}

about(code, tenant, level) := {
	"code": code,
	"path": ["spec", "waves", 0, "tenants", tenant.index],
	"params": {"level": level, "rule": input.subject.name, "tenant": tenant.name},
}
