# METADATA
# scope: package
# title: Nothing of the cluster comes with a tenant
# description: >-
#   A webhook sees every object of every tenant, a CustomResourceDefinition or an APIService
#   changes what the API server is, a PersistentVolume can be a node's own disk. None of them
#   belongs to one tenant, whatever kinds are known.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
#     description: Multi-tenancy
# custom:
#   short_name: cluster-scope
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     cluster: "{kind} {object} is for the whole cluster"
#   remedy: >-
#     Take it out of the pack; the platform team installs what a cluster needs, from a repository
#     of its own.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.8.2", "ISO27001 A.8.22"]
package controlplane.isolation.cluster_scope

kinds := {
	"APIService",
	"CSIDriver",
	"ClusterRole",
	"ClusterRoleBinding",
	"CustomResourceDefinition",
	"FlowSchema",
	"IngressClass",
	"MutatingAdmissionPolicy",
	"MutatingAdmissionPolicyBinding",
	"MutatingWebhookConfiguration",
	"Node",
	"PersistentVolume",
	"PriorityClass",
	"PriorityLevelConfiguration",
	"RuntimeClass",
	"StorageClass",
	"ValidatingAdmissionPolicy",
	"ValidatingAdmissionPolicyBinding",
	"ValidatingWebhookConfiguration",
	"VolumeAttachment",
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in kinds
	finding := {
		"code": "cluster",
		"path": ["objects", index, "kind"],
		"params": {
			"kind": manifest.kind,
			"object": object.get(manifest, ["metadata", "name"], ""),
		},
	}
}
