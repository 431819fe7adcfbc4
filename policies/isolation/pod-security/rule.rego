# METADATA
# scope: package
# title: Every namespace enforces Pod Security "restricted"
# description: >-
#   The label makes the API server itself refuse privileged pods, whoever creates them. It is what
#   holds when something is created past the repository.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
#     description: Pod Security Admission
# custom:
#   short_name: pod-security
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     not-restricted: "namespace {namespace} does not enforce Pod Security restricted"
#     old-version: "namespace {namespace} enforces Pod Security as it was in {version}"
#   remedy: >-
#     Label the namespace pod-security.kubernetes.io/enforce: restricted in templates/kubernetes/tenant/,
#     and leave enforce-version out: an old version lacks the controls that came later.
#   controls: ["SOC2 CC6.1", "ISO27001 A.8.22"]
package controlplane.isolation.pod_security

label := "pod-security.kubernetes.io/enforce"

pinned := "pod-security.kubernetes.io/enforce-version"

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Namespace"
	version := object.get(manifest, ["metadata", "labels", pinned], "latest")
	version != "latest"
	finding := {
		"code": "old-version",
		"path": ["objects", index, "metadata", "labels", pinned],
		"params": {"namespace": manifest.metadata.name, "version": version},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Namespace"
	object.get(manifest, ["metadata", "labels", label], "") != "restricted"
	finding := {
		"code": "not-restricted",
		"path": ["objects", index, "metadata"],
		"params": {"namespace": manifest.metadata.name},
	}
}
