# METADATA
# scope: package
# title: No container is a process of its Windows node
# description: >-
#   A HostProcess container runs outside of every sandbox, with the rights of the node. One of
#   them reads whatever any tenant on the node holds.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: host-process
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     host-process: "{who} runs as a process of the node"
#   remedy: >-
#     Remove securityContext.windowsOptions.hostProcess from pod and containers; what must run on
#     nodes is the platform's, not a tenant's.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["kyverno: disallow-host-process"]
package controlplane.workloads.host_process

import data.controlplane.lib.workloads

field := ["securityContext", "windowsOptions", "hostProcess"]

findings contains finding if {
	some holder in workloads.holders
	object.get(holder.spec, field, false) != false
	finding := {
		"code": "host-process",
		"path": array.concat(holder.path, field),
		"params": {"who": holder.who},
	}
}
