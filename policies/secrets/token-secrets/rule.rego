# METADATA
# scope: package
# title: No token lives for ever
# description: >-
#   A Secret of type service-account-token makes the API server mint a token that never expires
#   and belongs to no pod; one of type bootstrap token lets a machine join the cluster.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/secret/
#     description: Secrets, types of Secret
# custom:
#   short_name: token-secrets
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     type: "Secret {name} asks for a lasting token ({type})"
#   remedy: >-
#     Use a projected serviceAccountToken with audience and expirationSeconds, or the TokenRequest
#     API.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.24"]
package controlplane.secrets.token_secrets

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Secret"
	type := object.get(manifest, "type", "Opaque")
	type in {"bootstrap.kubernetes.io/token", "kubernetes.io/service-account-token"}
	finding := {
		"code": "type",
		"path": ["objects", index, "type"],
		"params": {"name": manifest.metadata.name, "type": type},
	}
}
