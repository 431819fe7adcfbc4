# METADATA
# scope: package
# title: What comes from outside is encrypted
# description: >-
#   A host without a certificate of its own is answered in clear text, or with the ingress
#   controller's self-made certificate: passwords and tokens can be read on the way.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/
#     description: Ingress, TLS
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SC-8, transmission confidentiality and integrity
# custom:
#   short_name: ingress-tls
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     clear: "ingress {ingress} has no certificate for {host}"
#   remedy: Add the host to spec.tls with the secretName of its certificate.
#   controls: ["SOC2 CC6.7", "ISO27001 A.8.24", "ISO27001 A.8.20"]
#   twins: ["gatekeeper-library: K8sHttpsOnly"]
package controlplane.isolation.ingress_tls

covered contains [index, host] if {
	some index, manifest in input.subject.resource.objects
	some entry in manifest.spec.tls
	secret := object.get(entry, "secretName", "")
	not secret in {"", null}
	some host in entry.hosts
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Ingress"
	some number, entry in manifest.spec.rules
	host := object.get(entry, "host", "*")
	not [index, host] in covered
	finding := {
		"code": "clear",
		"path": ["objects", index, "spec", "rules", number],
		"params": {"host": host, "ingress": manifest.metadata.name},
	}
}
