# METADATA
# scope: package
# title: Probes and hooks ask the pod itself
# description: >-
#   The kubelet asks from the node's network. A probe or a lifecycle hook with a host of its own
#   makes it send requests to whatever address the tenant names: the cloud's metadata service,
#   another tenant, the node.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: probe-host
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     host: "container {container} of {workload} has its {probe} sent to {host}"
#   remedy: Remove host from httpGet and tcpSocket; without it the pod's own address is asked.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
package controlplane.workloads.probe_host

import data.controlplane.lib.workloads

places := {
	["livenessProbe"],
	["readinessProbe"],
	["startupProbe"],
	["lifecycle", "postStart"],
	["lifecycle", "preStop"],
}

findings contains finding if {
	some container in workloads.containers
	some place in places
	some action in {"httpGet", "tcpSocket"}
	field := array.concat(place, [action, "host"])
	host := object.get(container.spec, field, "")
	not host in {"", null}
	finding := {
		"code": "host",
		"path": array.concat(container.path, field),
		"params": {
			"container": container.name,
			"host": host,
			"probe": place[count(place) - 1],
			"workload": container.workload,
		},
	}
}
