# METADATA
# scope: package
# title: Only the platform's packs ask for the platform's secrets
# description: >-
#   A secret of scope platform is the same for every tenant. A pack that reads it carries it into
#   every namespace it is installed in.
# related_resources:
#   - ref: https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html
#     description: OWASP Secrets Management Cheat Sheet, shared secrets
# custom:
#   short_name: platform-scope
#   severity: deny
#   subjects: [Pack]
#   uses: [parameters]
#   messages:
#     platform: "pack {pack} of {publisher} asks for the platform's secret {secret}"
#   remedy: >-
#     Use scope tenant or pack; or name the publisher in the parameter publishers of
#     secrets/platform-scope after a review of what the pack does with it.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.17", "ISO27001 A.5.19"]
package controlplane.secrets.platform_scope

trusted contains name if some name in data.parameters.secrets.platform_scope.publishers

findings contains finding if {
	some index, secret in input.subject.resource.spec.capabilities.secrets
	secret.scope == "platform"
	publisher := object.get(input.subject.resource, ["spec", "publisher", "name"], "unknown")
	not publisher in trusted
	finding := {
		"code": "platform",
		"path": ["spec", "capabilities", "secrets", index, "scope"],
		"params": {
			"pack": input.subject.resource.metadata.name,
			"publisher": publisher,
			"secret": secret.name,
		},
	}
}
