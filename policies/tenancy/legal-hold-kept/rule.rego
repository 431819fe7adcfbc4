# METADATA
# scope: package
# title: A legal hold stays until it is lifted
# description: >-
#   Data under a hold that disappears, or is narrowed, while the dispute goes on is destroyed
#   evidence, whoever did it and why.
# related_resources:
#   - ref: https://www.law.cornell.edu/rules/frcp/rule_37
#     description: US Federal Rules of Civil Procedure 37(e)
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 17(3)(e), data kept for legal claims
# custom:
#   short_name: legal-hold-kept
#   severity: deny
#   subjects: [Tenant]
#   uses: [change, time]
#   messages:
#     gone: "the legal hold {matter} of {tenant} is still in force and would no longer hold what it held"
#   remedy: >-
#     Put the hold back as it was. Whoever may lift it sets `until`; afterwards it can be removed.
#   controls: ["SOC2 C1.2", "SOC2 P4.3", "ISO27001 A.5.28", "ISO27001 A.5.33"]
package controlplane.tenancy.legal_hold_kept

findings contains finding if {
	some hold in input.change.before.spec.data.legalHolds
	not ended(hold)
	not kept(hold)
	finding := {
		"code": "gone",
		"path": ["spec", "data", "legalHolds"],
		"params": {"matter": hold.matter, "tenant": input.subject.name},
	}
}

ended(hold) if hold.until.epochSeconds <= input.time.epochSeconds

kept(hold) if {
	some now in input.subject.resource.spec.data.legalHolds
	now.matter == hold.matter
	covers(now, hold)
}

# No class means every class.
covers(now, _) if count(now.classes) == 0

covers(now, hold) if {
	count(hold.classes) > 0
	every class in hold.classes {
		class in now.classes
	}
}

valid_until contains hold.until.epochSeconds if some hold in input.change.before.spec.data.legalHolds
