# METADATA
# scope: package
# title: An ingress names the hosts it is for
# description: >-
#   A wildcard, or a rule without a host, catches requests that were meant for others: for names
#   of other tenants that have no rule yet, and for those that are spelled wrong.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/
#     description: Ingress
# custom:
#   short_name: ingress-host
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     open: "ingress {ingress} answers for {host}"
#     default: "ingress {ingress} has a default backend, which answers for every host"
#   remedy: Name every host in spec.rules and remove spec.defaultBackend.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
#   twins: ["gatekeeper-library: K8sBlockWildcardIngress", "kyverno: restrict-ingress-wildcard"]
package controlplane.isolation.ingress_host

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Ingress"
	some number, entry in manifest.spec.rules
	host := object.get(entry, "host", "*")
	regex.match("^$|[*]", host)
	finding := {
		"code": "open",
		"path": ["objects", index, "spec", "rules", number],
		"params": {"host": host, "ingress": manifest.metadata.name},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Ingress"
	object.get(manifest, ["spec", "defaultBackend"], null) != null
	finding := {
		"code": "default",
		"path": ["objects", index, "spec", "defaultBackend"],
		"params": {"ingress": manifest.metadata.name},
	}
}
