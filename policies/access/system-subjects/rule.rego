# METADATA
# scope: package
# title: Nobody is given the rights of the system's own groups
# description: >-
#   system:anonymous is everyone who can reach the API server, system:authenticated everyone with
#   any account, system:serviceaccounts every pod of every tenant.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
# custom:
#   short_name: system-subjects
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     system: "{kind} {binding} gives rights to {name}"
#   remedy: >-
#     Bind the role to a group of the tenant's identity provider, or to a service account of the
#     namespace by its kind.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18", "ISO27001 A.8.2"]
#   twins: ["gatekeeper-library: K8sDisallowAnonymous", "kyverno: restrict-binding-system-groups"]
package controlplane.access.system_subjects

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRoleBinding", "RoleBinding"}
	some number, subject in manifest.subjects
	subject.kind in {"Group", "User"}
	startswith(subject.name, "system:")
	finding := {
		"code": "system",
		"path": ["objects", index, "subjects", number],
		"params": {
			"binding": manifest.metadata.name,
			"kind": manifest.kind,
			"name": subject.name,
		},
	}
}
