# METADATA
# scope: package
# title: A pack names the keys of a secret that it shares
# description: >-
#   Without keys a pack reads all of a secret, also what somebody adds to it next year for another
#   pack.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
#     description: Good practices for Secrets
# custom:
#   short_name: secret-keys
#   severity: deny
#   subjects: [Pack]
#   uses: []
#   messages:
#     all: "{pack} reads every key of {secret}, which is a secret of the {scope}"
#   remedy: >-
#     List the keys it reads in capabilities.secrets[].keys.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.17", "ISO27001 A.8.3"]
package controlplane.packs.secret_keys

findings contains finding if {
	some index, secret in input.subject.resource.spec.capabilities.secrets
	secret.scope != "pack"
	count(secret.keys) == 0
	finding := {
		"code": "all",
		"path": ["spec", "capabilities", "secrets", index],
		"params": {"pack": input.subject.name, "scope": secret.scope, "secret": secret.name},
	}
}
