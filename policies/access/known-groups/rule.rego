# METADATA
# scope: package
# title: Rights in a namespace go to groups that the tenant names
# description: >-
#   The tenant's identity, or its agency's, says which groups hold which role, and reviews are
#   about that. A binding in a pack to another group, or to one person, is a right that nobody
#   finds when people leave.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
# custom:
#   short_name: known-groups
#   severity: deny
#   subjects: [Placement]
#   uses: [references, rendered]
#   messages:
#     group: "{binding} gives rights to group {name}, which neither {tenant} nor its agency names"
#     user: "{binding} gives rights to the user {name}"
#   remedy: >-
#     Name the group in spec.identity.groups of the tenant; the platform's templates make the
#     binding. Rights are not given to single users.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18", "ISO27001 A.8.2"]
package controlplane.access.known_groups

# A group counts together with whose identity provider it is of: the tenant, or its agency.
named contains concat(":", [owner, entry.group]) if {
	some owner, tenant in input.references.Tenant
	some entry in tenant.spec.identity.groups
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRoleBinding", "RoleBinding"}
	some number, subject in manifest.subjects
	subject.kind == "Group"
	group := object.get(subject, "name", "")
	not group in named
	finding := {
		"code": "group",
		"path": ["objects", index, "subjects", number],
		"params": {
			"binding": manifest.metadata.name,
			"name": group,
			"tenant": input.subject.resource.tenant,
		},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRoleBinding", "RoleBinding"}
	some number, subject in manifest.subjects
	subject.kind == "User"
	finding := {
		"code": "user",
		"path": ["objects", index, "subjects", number],
		"params": {
			"binding": manifest.metadata.name,
			"name": object.get(subject, "name", ""),
		},
	}
}
