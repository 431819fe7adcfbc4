# METADATA
# scope: package
# title: Nobody is user or group 0
# description: >-
#   runAsNonRoot is checked when a container starts; a user id of 0 says today that it will not
#   start, or that somebody means to take the check away. Group 0 owns files of the node's in many
#   images.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: root-user
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     zero: "{who} has 0, or no number, as {field}"
#   remedy: >-
#     Give runAsUser, runAsGroup, fsGroup and each of supplementalGroups a number of the pack's own,
#     above 0, or leave them out.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins:
#     - "gatekeeper-library: K8sPSPAllowedUsers"
#     - "kyverno: require-non-root-groups"
#     - "kyverno: require-run-as-non-root-user"
package controlplane.workloads.root_user

import data.controlplane.lib.workloads

findings contains finding if {
	some holder in workloads.holders
	some field in {"fsGroup", "runAsGroup", "runAsUser"}
	id := object.get(holder.spec, ["securityContext", field], 1)
	not somebody(id)
	finding := about(holder, field)
}

# Files of the node's are as open to a group that a process has besides.
findings contains about(holder, "supplementalGroups") if {
	some holder in workloads.holders
	groups := object.get(holder.spec, ["securityContext", "supplementalGroups"], [])
	not all_somebody(groups)
}

# A text or nothing at all is no number that could be somebody's.
somebody(id) if {
	is_number(id)
	id != 0
}

all_somebody(groups) if {
	is_array(groups)
	every group in groups { somebody(group) }
}

about(holder, field) := {
	"code": "zero",
	"path": array.concat(holder.path, ["securityContext", field]),
	"params": {"field": field, "who": holder.who},
}
