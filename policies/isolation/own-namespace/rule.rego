# METADATA
# scope: package
# title: A placement holds only what lies in its namespace
# description: >-
#   The reconciler may write to every namespace. A template that names another one would write
#   there with its rights: into another tenant's, or into the platform's own.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
#     description: Multi-tenancy, namespaces
# custom:
#   short_name: own-namespace
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     outside: "{kind} {object} lies in {namespace}, and not in {home}"
#   remedy: >-
#     Remove metadata.namespace from the template: it is added when objects are rendered. What
#     belongs to the cluster is the platform's.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.15", "ISO27001 A.8.22"]
package controlplane.isolation.own_namespace

home := object.get(input.subject.resource, "namespace", "")

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	namespace := where(manifest)
	namespace != home
	finding := {
		"code": "outside",
		"path": ["objects", index, "metadata"],
		"params": {
			"home": home,
			"kind": object.get(manifest, "kind", "object"),
			"namespace": namespace,
			"object": object.get(manifest, ["metadata", "name"], ""),
		},
	}
}

findings contains finding if {
	home == ""
	some index, _ in input.subject.resource.objects
	finding := {
		"code": "outside",
		"path": ["objects", index, "metadata"],
		"params": {"home": "none", "kind": "object", "namespace": "none", "object": ""},
	}
}

where(manifest) := manifest.metadata.name if manifest.kind == "Namespace"

where(manifest) := object.get(manifest, ["metadata", "namespace"], "no namespace") if {
	kind := object.get(manifest, "kind", "")
	kind != "Namespace"
}
