# METADATA
# scope: package
# title: No service takes an address that is not its own
# description: >-
#   A service with externalIPs or a loadBalancerIP of its choosing receives the traffic that the
#   whole cluster sends to that address: another tenant's, or the internet's (CVE-2020-8554).
# related_resources:
#   - ref: https://nvd.nist.gov/vuln/detail/CVE-2020-8554
#     description: CVE-2020-8554
# custom:
#   short_name: external-ips
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     address: "service {service} takes addresses by {field}"
#   remedy: Remove externalIPs and loadBalancerIP; addresses are given out by the platform.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
#   twins: ["gatekeeper-library: K8sExternalIPs", "kyverno: restrict-external-ips"]
package controlplane.isolation.external_ips

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Service"
	some field in {"externalIPs", "loadBalancerIP"}
	taken := object.get(manifest, ["spec", field], null)
	not taken in [null, [], ""]
	finding := {
		"code": "address",
		"path": ["objects", index, "spec", field],
		"params": {"field": field, "service": manifest.metadata.name},
	}
}
