# METADATA
# scope: package
# title: Pods run without privilege
# description: >-
#   A container that shares a namespace of its node, may gain privilege, keeps Linux capabilities or
#   may run as root can reach other tenants on the same node. Absent settings count as unsafe,
#   because the API server's own defaults are.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards, restricted
# custom:
#   short_name: no-privilege
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     host-namespace: "{workload} shares the node's {field}"
#     privileged: "container {container} of {workload} is privileged"
#     escalation: "container {container} of {workload} may gain privilege"
#     capabilities: "container {container} of {workload} keeps Linux capabilities"
#     root: "container {container} of {workload} may run as root"
#   remedy: >-
#     Set securityContext.runAsNonRoot: true on the pod, and allowPrivilegeEscalation: false and
#     capabilities.drop: [ALL] on the container, in the pack's template; remove host namespaces. Only
#     NET_BIND_SERVICE may be added.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.2", "ISO27001 A.8.9"]
#   twins:
#     - "gatekeeper-library: K8sPSPAllowPrivilegeEscalationContainer"
#     - "gatekeeper-library: K8sPSPCapabilities"
#     - "gatekeeper-library: K8sPSPHostNamespace"
#     - "gatekeeper-library: K8sPSPPrivilegedContainer"
#     - "kyverno: disallow-capabilities-strict"
#     - "kyverno: disallow-host-namespaces"
#     - "kyverno: disallow-privilege-escalation"
#     - "kyverno: disallow-privileged-containers"
#     - "kyverno: require-run-as-nonroot"
package controlplane.workloads.no_privilege

import data.controlplane.lib.workloads

findings contains finding if {
	some pod in workloads.pods
	some field in {"hostIPC", "hostNetwork", "hostPID"}
	object.get(pod.spec, field, false) != false
	finding := {
		"code": "host-namespace",
		"path": array.concat(pod.path, [field]),
		"params": {"field": field, "workload": pod.name},
	}
}

findings contains about("privileged", container, ["securityContext", "privileged"]) if {
	some container in workloads.containers
	object.get(container.spec, ["securityContext", "privileged"], false) != false
}

findings contains about("escalation", container, ["securityContext"]) if {
	some container in workloads.containers
	object.get(container.spec, ["securityContext", "allowPrivilegeEscalation"], true) != false
}

findings contains about("capabilities", container, ["securityContext"]) if {
	some container in workloads.containers
	not drops_all(container)
}

findings contains about("root", container, ["securityContext"]) if {
	some container in workloads.containers
	pods := object.get(container.pod.spec, ["securityContext", "runAsNonRoot"], false)
	object.get(container.spec, ["securityContext", "runAsNonRoot"], pods) != true
}

drops_all(container) if {
	"ALL" in container.spec.securityContext.capabilities.drop
	added := object.get(container.spec, ["securityContext", "capabilities", "add"], [])
	is_array(added)
	count({capability | some capability in added} - {"NET_BIND_SERVICE"}) == 0
}

about(code, container, place) := {
	"code": code,
	"path": array.concat(container.path, place),
	"params": {"container": container.name, "workload": container.workload},
}
