# METADATA
# scope: package
# title: Keys for signing in come from the issuer itself
# description: >-
#   Whoever serves the key set can sign in as anybody. A key set on another host than the issuer
#   hands that to whoever holds the other host, today or after its name lapses.
# related_resources:
#   - ref: https://openid.net/specs/openid-connect-discovery-1_0.html
#     description: OpenID Connect Discovery, jwks_uri of an issuer
# custom:
#   short_name: jwks-origin
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     elsewhere: "{tenant} takes the keys of {issuer} from {keys}"
#   remedy: >-
#     Leave jwksUri out so that it is found through the issuer, name one on the issuer's own host,
#     or add the provider's host to the parameter `hosts`.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.5"]
package controlplane.tenancy.jwks_origin

import data.controlplane.lib.urls

findings contains finding if {
	identity := input.subject.resource.spec.identity
	keys := identity.jwksUri
	not same(identity)
	not trusted(keys)
	finding := {
		"code": "elsewhere",
		"path": ["spec", "identity", "jwksUri"],
		"params": {"issuer": identity.issuer, "keys": keys, "tenant": input.subject.name},
	}
}

same(identity) if urls.host(identity.jwksUri) == urls.host(identity.issuer)

trusted(keys) if urls.host(keys) in data.parameters.tenancy.jwks_origin.hosts
