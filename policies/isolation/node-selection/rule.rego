# METADATA
# scope: package
# title: Pods do not choose their node
# description: >-
#   A pod with a nodeName passes over the scheduler, its taints and its limits. One that selects a
#   node's name or role goes where another tenant's secrets are.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
#     description: Assigning pods to nodes
# custom:
#   short_name: node-selection
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     name: "{workload} names its node"
#     label: "{workload} selects nodes by {key}"
#     field: "{workload} selects nodes by their fields"
#   remedy: >-
#     Remove nodeName and selectors by node name or role; ask for what the node must have, such as
#     an architecture or an accelerator.
#   controls: ["SOC2 CC6.1", "ISO27001 A.8.22"]
#   twins: ["kyverno: restrict-node-selection"]
package controlplane.isolation.node_selection

import data.controlplane.lib.workloads

findings contains finding if {
	some pod in workloads.pods
	object.get(pod.spec, "nodeName", "") != ""
	finding := {
		"code": "name",
		"path": array.concat(pod.path, ["nodeName"]),
		"params": {"workload": pod.name},
	}
}

findings contains finding if {
	some pod in workloads.pods
	some key, _ in pod.spec.nodeSelector
	reserved(key)
	finding := {
		"code": "label",
		"path": array.concat(pod.path, ["nodeSelector", key]),
		"params": {"key": key, "workload": pod.name},
	}
}

findings contains finding if {
	some term in terms
	some index, expression in term.spec.matchExpressions
	reserved(expression.key)
	finding := {
		"code": "label",
		"path": array.concat(term.path, ["matchExpressions", index]),
		"params": {"key": expression.key, "workload": term.workload},
	}
}

findings contains finding if {
	some term in terms
	object.get(term.spec, "matchFields", []) != []
	finding := {
		"code": "field",
		"path": array.concat(term.path, ["matchFields"]),
		"params": {"workload": term.workload},
	}
}

required := ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]

terms contains {"path": path, "spec": spec, "workload": pod.name} if {
	some pod in workloads.pods
	some index, spec in object.get(pod.spec, required, [])
	path := array.concat(pod.path, array.concat(required, [index]))
}

reserved(key) if {
	some prefix in data.parameters.isolation.node_selection.reserved
	startswith(key, prefix)
}
