# METADATA
# scope: package
# title: Claims are encrypted, and only on storage of their own
# description: >-
#   A claim without a class gets the cluster's default, encrypted or not. One that names its
#   volume can take over what another tenant left, and one whose source lies in another namespace
#   copies what is there.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
#     description: Persistent volumes
# custom:
#   short_name: storage-class
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     class: "claim {claim} has the storage class {class}, which is not on the list"
#     bound: "claim {claim} names its volume"
#     foreign: "claim {claim} is filled from namespace {namespace}"
#   remedy: >-
#     Name a storage class of the parameter allowed of isolation/storage-class; remove volumeName
#     and dataSourceRef.namespace.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.7", "ISO27001 A.8.10", "ISO27001 A.8.24"]
#   twins: ["gatekeeper-library: K8sStorageClass", "kyverno: require-storageclass"]
package controlplane.isolation.storage_class

import data.controlplane.lib.workloads

permitted contains class if some class in data.parameters.isolation.storage_class.allowed

findings contains finding if {
	some claim in claims
	class := object.get(claim.spec, "storageClassName", "")
	not class in permitted
	finding := {
		"code": "class",
		"path": claim.path,
		"params": {"claim": claim.name, "class": class},
	}
}

findings contains finding if {
	some claim in claims
	object.get(claim.spec, "volumeName", "") != ""
	finding := {
		"code": "bound",
		"path": array.concat(claim.path, ["volumeName"]),
		"params": {"claim": claim.name},
	}
}

findings contains finding if {
	some claim in claims
	namespace := object.get(claim.spec, ["dataSourceRef", "namespace"], "")
	namespace != ""
	finding := {
		"code": "foreign",
		"path": array.concat(claim.path, ["dataSourceRef", "namespace"]),
		"params": {"claim": claim.name, "namespace": namespace},
	}
}

claims contains {"name": manifest.metadata.name, "path": ["objects", index, "spec"], "spec": spec} if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "PersistentVolumeClaim"
	spec := object.get(manifest, "spec", {})
}

claims contains {"name": manifest.metadata.name, "path": path, "spec": spec} if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "StatefulSet"
	some number, template in manifest.spec.volumeClaimTemplates
	path := ["objects", index, "spec", "volumeClaimTemplates", number, "spec"]
	spec := object.get(template, "spec", {})
}

claims contains {"name": volume.name, "path": path, "spec": spec} if {
	some volume in workloads.volumes
	template := volume.spec.ephemeral.volumeClaimTemplate
	path := array.concat(volume.path, ["ephemeral", "volumeClaimTemplate", "spec"])
	spec := object.get(template, "spec", {})
}
