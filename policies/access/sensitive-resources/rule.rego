# METADATA
# scope: package
# title: Roles do not reach secrets, shells or other people's rights
# description: >-
#   Who reads Secrets holds every credential of the tenant; who runs commands in pods, or creates
#   pods, itself or through what runs them, holds what the pods hold; who makes tokens, approves
#   certificates or moves endpoints takes somebody else's place; who changes network policies, quotas
#   or limit ranges opens what holds the tenant in. None of it is needed where all that runs comes
#   from the repository.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
#     description: RBAC good practices
# custom:
#   short_name: sensitive-resources
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     grant: "{kind} {role} allows {verb} on {resource}"
#   remedy: >-
#     Take the verb or the resource out of the role. An emergency has an account of its own, whose
#     use is recorded.
#   controls: ["SOC2 CC6.2", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.5.18", "ISO27001 A.8.2"]
package controlplane.access.sensitive_resources

writing := {"create", "patch", "update"}

# What holds a tenant in its bounds can also be taken away.
undoing := {"create", "delete", "deletecollection", "patch", "update"}

denied := {
	"certificatesigningrequests/approval": {"patch", "update"},
	"cronjobs": writing,
	"daemonsets": writing,
	"deployments": writing,
	"endpoints": writing,
	"endpointslices": writing,
	"jobs": writing,
	"limitranges": undoing,
	"networkpolicies": undoing,
	"nodes/proxy": {"create", "get"},
	"pods": writing,
	"pods/attach": {"create", "get"},
	"pods/ephemeralcontainers": {"patch", "update"},
	"pods/exec": {"create", "get"},
	"pods/portforward": {"create", "get"},
	"replicasets": writing,
	"replicationcontrollers": writing,
	"resourcequotas": undoing,
	"secrets": {"get", "list", "watch"},
	"serviceaccounts/token": {"create"},
	"statefulsets": writing,
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind in {"ClusterRole", "Role"}
	some number, grant in manifest.rules
	some resource in grant.resources
	some verb in grant.verbs
	verb in denied[resource]
	finding := {
		"code": "grant",
		"path": ["objects", index, "rules", number],
		"params": {
			"kind": manifest.kind,
			"resource": resource,
			"role": manifest.metadata.name,
			"verb": verb,
		},
	}
}
