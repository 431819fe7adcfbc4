# METADATA
# scope: package
# title: Pods stay off nodes that are kept for others
# description: >-
#   Taints keep tenants from control planes and from each other's dedicated nodes. A toleration
#   takes that away, one without a key takes all of it away.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
#     description: Taints and tolerations
# custom:
#   short_name: tolerations
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     everything: "{workload} tolerates every taint"
#     protected: "{workload} tolerates the taint {key}"
#     other-tenant: "{workload} tolerates the taint of tenant {value}"
#   remedy: >-
#     Name one key in the toleration; of the key tenantKey only the tenant's own value may be
#     tolerated.
#   controls: ["SOC2 CC6.1", "ISO27001 A.8.22"]
#   twins: ["kyverno: restrict-controlplane-scheduling"]
package controlplane.isolation.tolerations

import data.controlplane.lib.workloads

tenant_key := data.parameters.isolation.tolerations.tenantKey

findings contains about("everything", toleration) if {
	some toleration in tolerations
	toleration.key == ""
}

findings contains about("protected", toleration) if {
	some toleration in tolerations
	some prefix in data.parameters.isolation.tolerations.protected
	startswith(toleration.key, prefix)
}

findings contains about("other-tenant", toleration) if {
	some toleration in tolerations
	toleration.key == tenant_key
	not own(toleration)
}

own(toleration) if {
	toleration.operator == "Equal"
	toleration.value == input.subject.resource.tenant
}

tolerations contains toleration if {
	some pod in workloads.pods
	some index, entry in pod.spec.tolerations
	toleration := {
		"key": object.get(entry, "key", ""),
		"operator": object.get(entry, "operator", "Equal"),
		"path": array.concat(pod.path, ["tolerations", index]),
		"value": object.get(entry, "value", ""),
		"workload": pod.name,
	}
}

about(code, toleration) := {
	"code": code,
	"path": toleration.path,
	"params": {
		"key": toleration.key,
		"value": toleration.value,
		"workload": toleration.workload,
	},
}
