# METADATA
# scope: package
# title: Personal data is shown to others redacted, and for a time
# description: >-
#   A recipient outside that was added for one audit still reads people's data years later. Every
#   disclosure of personal data ends by itself and passes a redaction.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 5(1), data minimisation and storage limitation
# custom:
#   short_name: disclosure-bounded
#   severity: deny
#   subjects: [Tenant]
#   uses: []
#   messages:
#     endless: "{recipient} may see {class} data of {tenant} without an end"
#     unredacted: "{recipient} sees {class} data of {tenant} as it is: nothing is redacted"
#   remedy: >-
#     Set `until` on the disclosure, and a redaction profile other than none; or disclose single
#     fields instead of the class.
#   controls: ["SOC2 P6.1", "SOC2 C1.1", "ISO27001 A.5.14", "ISO27001 A.8.11"]
package controlplane.residency.disclosure_bounded

declared := input.subject.resource.spec.data

guarded := {"health", "payment", "personal", "sensitive-personal"}

findings contains about("endless", index, disclosure.recipient, class) if {
	some index, disclosure in declared.disclosures
	some class in disclosure.classes
	class in guarded
	not disclosure.until
}

findings contains about("unredacted", index, disclosure.recipient, class) if {
	some index, disclosure in declared.disclosures
	some class in disclosure.classes
	class in guarded
	declared.redaction.profile == "none"
}

about(code, index, recipient, class) := {
	"code": code,
	"path": ["spec", "data", "disclosures", index],
	"params": {"class": class, "recipient": recipient, "tenant": input.subject.name},
}
