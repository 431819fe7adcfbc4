# METADATA
# scope: package
# title: Sensitive data does not share a namespace in production
# description: >-
#   Health and payment data, and tenants whose risk is high, must not depend on another tenant's
#   workload behaving well.
# related_resources:
#   - ref: https://www.ecfr.gov/current/title-45/section-164.312
#     description: HIPAA 45 CFR 164.312, technical safeguards
#   - ref: https://www.pcisecuritystandards.org/document_library/
#     description: PCI DSS 4, Appendix A1, multi-tenant service providers
# custom:
#   short_name: sensitive-data
#   severity: deny
#   subjects: [Tenant]
#   uses: [references]
#   messages:
#     shared: "{tenant} holds sensitive data and shares {target} in {environment}"
#     not-dedicated: "{tenant} is of critical risk and has not {target} for itself in {environment}"
#   remedy: >-
#     Use isolation namespace or dedicated for production placements of tenants with sensitive data,
#     dedicated for those of critical risk.
#   controls: ["SOC2 CC6.1", "SOC2 C1.1", "ISO27001 A.5.12", "ISO27001 A.8.22"]
package controlplane.isolation.sensitive_data

import data.controlplane.lib.references

spec := input.subject.resource.spec

findings contains about("shared", index) if {
	sensitive
	some index, placement in spec.placements
	references.production(placement.environment)
	placement.isolation == "shared"
}

findings contains about("not-dedicated", index) if {
	spec.risk.level == "critical"
	some index, placement in spec.placements
	references.production(placement.environment)
	placement.isolation != "dedicated"
}

sensitive if {
	some class in spec.data.classes
	class.name in {"health", "payment", "sensitive-personal"}
}

sensitive if spec.risk.level in {"critical", "high"}

about(code, index) := {
	"code": code,
	"path": ["spec", "placements", index, "isolation"],
	"params": {
		"environment": spec.placements[index].environment,
		"target": spec.placements[index].target,
		"tenant": input.subject.name,
	},
}
