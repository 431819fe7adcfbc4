# METADATA
# scope: package
# title: Services are reached through the shared ingress
# description: >-
#   A NodePort or a LoadBalancer opens a way in past ingress, certificates and network policy, and
#   a LoadBalancer costs money each month. An ExternalName answers with any name the tenant likes,
#   inside the cluster's trust.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/service/
#     description: Service
# custom:
#   short_name: service-type
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     type: "service {service} is a {type}, and may be {allowed} only"
#   remedy: >-
#     Use type: ClusterIP with an Ingress; a type that the platform allows is listed in the
#     parameter allowed of isolation/service-type.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
#   twins:
#     - "gatekeeper-library: K8sBlockLoadBalancer"
#     - "gatekeeper-library: K8sBlockNodePort"
#     - "kyverno: no-loadbalancer-service"
#     - "kyverno: restrict-nodeport"
package controlplane.isolation.service_type

permitted contains type if some type in data.parameters.isolation.service_type.allowed

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Service"
	type := object.get(manifest, ["spec", "type"], "ClusterIP")
	not type in permitted
	finding := {
		"code": "type",
		"path": ["objects", index, "spec", "type"],
		"params": {
			"allowed": concat(", ", data.parameters.isolation.service_type.allowed),
			"service": manifest.metadata.name,
			"type": type,
		},
	}
}
