# METADATA
# scope: package
# title: Every namespace denies traffic by default
# description: >-
#   A namespace without a policy that selects every pod and governs both directions lets any other
#   tenant's pod connect, and lets a compromised pod send data anywhere.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
#     description: Network policies, default deny
# custom:
#   short_name: network-policy
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     no-default-deny: "namespace {namespace} has no policy that denies all ingress and egress by default"
#   remedy: >-
#     Render a NetworkPolicy with podSelector: {}, policyTypes: [Ingress, Egress] and no rules into the
#     namespace (templates/kubernetes/tenant/).
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
package controlplane.workloads.network_policy

findings contains finding if {
	some home in homes
	not shut(home)
	places := sort([other.index | some other in homes; other.namespace == home.namespace])
	finding := {
		"code": "no-default-deny",
		"path": ["objects", places[0]],
		"params": {"namespace": home.namespace},
	}
}

shut(home) if home.namespace in closed

# Every namespace, and the objects that make it or live in it.
homes := array.concat(
	[{"index": index, "namespace": namespace} |
		some index
		manifest := input.subject.resource.objects[index]
		namespace := manifest.metadata.namespace
	],
	[{"index": index, "namespace": namespace} |
		some index
		manifest := input.subject.resource.objects[index]
		manifest.kind == "Namespace"
		namespace := manifest.metadata.name
	],
)

closed contains manifest.metadata.namespace if {
	some manifest in input.subject.resource.objects
	manifest.kind == "NetworkPolicy"
	manifest.spec.podSelector == {}
	{direction | some direction in manifest.spec.policyTypes} == {"Egress", "Ingress"}
	object.get(manifest.spec, "ingress", []) == []
	object.get(manifest.spec, "egress", []) == []
}
