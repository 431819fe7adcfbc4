# METADATA
# scope: package
# title: Somebody answers for every tenant
# description: >-
#   An incident, an invoice or a subject's request at night needs a person. A tenant without an owner
#   is found to be nobody's when it matters.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 33(2), a processor notifies of breaches
# custom:
#   short_name: owner-contact
#   severity: deny
#   subjects: [Tenant]
#   uses: []
#   messages:
#     no-owner: "{tenant} has no owner who can be reached"
#     no-security: "{tenant} holds sensitive data and names nobody for security"
#   remedy: Add contacts.owner, and contacts.security where sensitive data is held, with name and email.
#   controls: ["SOC2 CC1.3", "SOC2 CC2.3", "ISO27001 A.5.2", "ISO27001 A.5.24"]
package controlplane.tenancy.owner_contact

spec := input.subject.resource.spec

findings contains about("no-owner", "owner") if not spec.contacts.owner.email

findings contains about("no-security", "security") if {
	regulated
	not spec.contacts.security.email
}

regulated if {
	some class in spec.data.classes
	class.name in {"health", "payment", "sensitive-personal"}
}

about(code, contact) := {
	"code": code,
	"path": ["spec", "contacts", contact],
	"params": {"tenant": input.subject.name},
}
