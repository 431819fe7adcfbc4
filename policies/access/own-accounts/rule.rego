# METADATA
# scope: package
# title: Rights go to the tenant's own service accounts
# description: >-
#   A binding may name the service account of any namespace, and hands this tenant's rights to
#   whoever runs there. Given to the account default, they go to every pod that names none.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
# custom:
#   short_name: own-accounts
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     foreign: "{binding} gives rights to service account {account} of namespace {namespace}"
#     default: "{binding} gives rights to the service account default"
#   remedy: >-
#     Bind to a service account that is named for its pack, in the placement's own namespace.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18", "ISO27001 A.8.2"]
package controlplane.access.own_accounts

home := object.get(input.subject.resource, "namespace", "")

accounts contains account if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRoleBinding", "RoleBinding"}
	some number, subject in manifest.subjects
	subject.kind == "ServiceAccount"
	account := {
		"binding": manifest.metadata.name,
		"name": object.get(subject, "name", ""),
		"namespace": object.get(subject, "namespace", "unknown"),
		"path": ["objects", index, "subjects", number],
	}
}

findings contains finding if {
	some account in accounts
	account.namespace != home
	finding := {
		"code": "foreign",
		"path": account.path,
		"params": {
			"account": account.name,
			"binding": account.binding,
			"namespace": account.namespace,
		},
	}
}

findings contains finding if {
	some account in accounts
	account.name == "default"
	finding := {
		"code": "default",
		"path": account.path,
		"params": {"binding": account.binding},
	}
}
