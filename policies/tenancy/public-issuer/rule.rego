# METADATA
# scope: package
# title: A public identity provider is told whom its tokens are for
# description: >-
#   Anybody in the world gets a valid token of a public provider. Without an audience of its own the
#   tenant accepts tokens that were made for any other application.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc8725.html
#     description: RFC 8725, 3.9, use and validate audience
# custom:
#   short_name: public-issuer
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     no-audience: "{tenant} accepts every token of {issuer}, where anybody can sign in"
#   remedy: >-
#     Set identity.audience to the client that is registered for this tenant, or use the tenant's
#     own issuer.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.16", "ISO27001 A.8.5"]
package controlplane.tenancy.public_issuer

import data.controlplane.lib.text

identity := input.subject.resource.spec.identity

findings contains finding if {
	issuer := identity.issuer
	public(issuer)
	not identity.audience
	finding := {
		"code": "no-audience",
		"path": ["spec", "identity", "issuer"],
		"params": {"issuer": issuer, "tenant": input.subject.name},
	}
}

public(issuer) if trim_right(text.in_small_letters(issuer), "/") in data.parameters.tenancy.public_issuer.issuers
