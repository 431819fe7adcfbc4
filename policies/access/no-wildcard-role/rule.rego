# METADATA
# scope: package
# title: Roles name what they allow
# description: >-
#   A wildcard grants what does not exist yet, and the verbs bind, escalate and impersonate let
#   whoever holds them give themselves everything else.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
# custom:
#   short_name: no-wildcard-role
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     wildcard: "{kind} {role} grants every one of its {field}"
#     escalation: "{kind} {role} allows {verb}, with which its holder can take any right"
#     cluster-admin: "{kind} {role} binds the cluster-wide role {bound}"
#   remedy: List the API groups, resources and verbs that are needed; bind Roles, not ClusterRoles.
#   controls: ["SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18", "ISO27001 A.8.2"]
#   twins:
#     - "kyverno: restrict-binding-clusteradmin"
#     - "kyverno: restrict-escalation-verbs-roles"
#     - "kyverno: restrict-wildcard-resources"
#     - "kyverno: restrict-wildcard-verbs"
package controlplane.access.no_wildcard_role

findings contains finding if {
	some role in roles
	some number, grant in role.rules
	some field in {"apiGroups", "resources", "verbs"}
	some granted in grant[field]
	startswith(granted, "*")
	finding := {
		"code": "wildcard",
		"path": array.concat(role.path, ["rules", number, field]),
		"params": {"field": field, "kind": role.kind, "role": role.name},
	}
}

findings contains finding if {
	some role in roles
	some number, grant in role.rules
	some verb in grant.verbs
	verb in {"bind", "escalate", "impersonate"}
	finding := {
		"code": "escalation",
		"path": array.concat(role.path, ["rules", number, "verbs"]),
		"params": {"kind": role.kind, "role": role.name, "verb": verb},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRoleBinding", "RoleBinding"}
	manifest.roleRef.kind != "Role"
	finding := {
		"code": "cluster-admin",
		"path": ["objects", index, "roleRef"],
		"params": {
			"bound": manifest.roleRef.name,
			"kind": manifest.kind,
			"role": manifest.metadata.name,
		},
	}
}

roles contains role if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRole", "Role"}
	role := {
		"kind": manifest.kind,
		"name": manifest.metadata.name,
		"path": ["objects", index],
		"rules": object.get(manifest, "rules", []),
	}
}
