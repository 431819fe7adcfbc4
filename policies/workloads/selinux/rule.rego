# METADATA
# scope: package
# title: SELinux keeps containers in their type
# description: >-
#   A container that chooses its own SELinux user, role or type can leave the confinement that
#   keeps it from the node and from other tenants' files.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: selinux
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     type: "{who} asks for the SELinux type {type}"
#     identity: "{who} chooses its SELinux {field}"
#   remedy: >-
#     Leave seLinuxOptions out; type may be container_t, container_init_t, container_kvm_t or
#     container_engine_t, user and role may not be set.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPSELinuxV2", "kyverno: disallow-selinux"]
package controlplane.workloads.selinux

import data.controlplane.lib.workloads

options := ["securityContext", "seLinuxOptions"]

findings contains finding if {
	some holder in workloads.holders
	type := object.get(holder.spec, array.concat(options, ["type"]), "")
	not type in {"", "container_engine_t", "container_init_t", "container_kvm_t", "container_t"}
	finding := {
		"code": "type",
		"path": array.concat(holder.path, array.concat(options, ["type"])),
		"params": {"type": type, "who": holder.who},
	}
}

findings contains finding if {
	some holder in workloads.holders
	some field in {"role", "user"}
	object.get(holder.spec, array.concat(options, [field]), "") != ""
	finding := {
		"code": "identity",
		"path": array.concat(holder.path, array.concat(options, [field])),
		"params": {"field": field, "who": holder.who},
	}
}
