# METADATA
# scope: package
# title: No two tenants accept the same tokens
# description: >-
#   Where two tenants have one issuer and one audience, a token made for the one is valid for the
#   other: whoever can sign in to the first is one group name away from the second. An agency and
#   its clients may share, because it sees them anyway.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc8725.html
#     description: RFC 8725, 3.9, use and validate audience
# custom:
#   short_name: shared-issuer
#   severity: deny
#   subjects: [Fleet]
#   uses: []
#   messages:
#     shared: "{tenant} accepts tokens of {issuer} for the audience {audience}, as {count} tenants do"
#   remedy: >-
#     Register a client of its own for each tenant and set identity.audience to it; where one is the
#     other's agency, say so in spec.parent.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.16", "ISO27001 A.8.5"]
package controlplane.fleet.shared_issuer

findings contains finding if {
	some index, clash in input.subject.resource.issuers.items
	clash.count > 1
	some number, holder in clash.holders
	finding := {
		"code": "shared",
		"path": ["issuers", "items", index, "holders", number],
		"params": {
			"audience": clash.key[1],
			"count": clash.count,
			"issuer": clash.key[0],
			"tenant": holder.tenant,
		},
	}
}
