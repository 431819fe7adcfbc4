# METADATA
# scope: package
# title: No container takes a port of its node
# description: >-
#   A host port is reached past every network policy, collides with other tenants on the node, and
#   lets whoever takes it first answer in place of another.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: host-ports
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     host-port: "container {container} of {workload} takes port {port} of its node"
#   remedy: Remove hostPort; a Service reaches the container's port.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
#   twins: ["gatekeeper-library: K8sPSPHostNetworkingPorts", "kyverno: disallow-host-ports"]
package controlplane.workloads.host_ports

import data.controlplane.lib.workloads

findings contains finding if {
	some container in workloads.containers
	some number, port in container.spec.ports
	taken := object.get(port, "hostPort", 0)
	taken != 0
	finding := {
		"code": "host-port",
		"path": array.concat(container.path, ["ports", number, "hostPort"]),
		"params": {
			"container": container.name,
			"port": sprintf("%v", [taken]),
			"workload": container.workload,
		},
	}
}
