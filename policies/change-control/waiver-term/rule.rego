# METADATA
# scope: package
# title: A waiver is short, and does not waive the rules on waivers
# description: >-
#   A waiver is a debt with a date. One that lasts a year is a change of policy that nobody reviewed as
#   one, and one about change control lets whoever holds it write the next.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CA-5, plan of action and milestones
#   - ref: https://www.pcisecuritystandards.org/document_library/
#     description: PCI DSS 4, Appendix B, compensating controls
# custom:
#   short_name: waiver-term
#   severity: deny
#   subjects: [Waiver]
#   uses: [parameters]
#   messages:
#     long: "{waiver} lasts from {issued} to {expires}; a waiver of a {severity} rule may last {most} days"
#     protected: "{waiver} is about {rule}, which cannot be waived"
#     uncovered: "{waiver} of a deny rule names no compensating control"
#   remedy: >-
#     Shorten the waiver and renew it with a reason when it ends; change the rule itself where the
#     exception is the rule; say what protects meanwhile.
#   controls: ["SOC2 CC3.4", "SOC2 CC9.1", "ISO27001 A.5.36"]
package controlplane.change_control.waiver_term

spec := input.subject.resource.spec

# Seconds in a day.
day := 86400

limits := object.get(data.parameters, ["change_control", "waiver_term", "maximumDays"], {})

findings contains finding if {
	most := object.get(limits, spec.severity, 0)
	spec.expires.epochSeconds - spec.issued.epochSeconds > most * day
	finding := {
		"code": "long",
		"path": ["spec", "expires"],
		"params": {
			"expires": spec.expires.text,
			"issued": spec.issued.text,
			"most": most,
			"severity": spec.severity,
			"waiver": input.subject.name,
		},
	}
}

findings contains finding if {
	waiver := input.subject.name
	startswith(spec.rule, "change-control/")
	finding := {
		"code": "protected",
		"path": ["spec", "rule"],
		"params": {"rule": spec.rule, "waiver": waiver},
	}
}

findings contains finding if {
	spec.severity == "deny"
	not spec.compensatingControl
	finding := {
		"code": "uncovered",
		"path": ["spec"],
		"params": {"waiver": input.subject.name},
	}
}
