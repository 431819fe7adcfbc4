# METADATA
# scope: package
# title: AppArmor is not switched off
# description: >-
#   AppArmor's default profile keeps a container from mounting, from tracing others and from
#   writing kernel settings. Unconfined, a bug in the kernel is one step away.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
#     description: Pod Security Standards
# custom:
#   short_name: apparmor
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     profile: "{who} has the AppArmor profile {profile}"
#     annotation: "{workload} gives a container the AppArmor profile {profile}"
#   remedy: >-
#     Leave appArmorProfile out, or set its type to RuntimeDefault or Localhost; remove the
#     annotations.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPAppArmor", "kyverno: restrict-apparmor-profiles"]
package controlplane.workloads.apparmor

import data.controlplane.lib.workloads

field := ["securityContext", "appArmorProfile", "type"]

prefix := "container.apparmor.security.beta.kubernetes.io/"

findings contains finding if {
	some holder in workloads.holders
	profile := object.get(holder.spec, field, "RuntimeDefault")
	not profile in {"Localhost", "RuntimeDefault"}
	finding := {
		"code": "profile",
		"path": array.concat(holder.path, field),
		"params": {"profile": profile, "who": holder.who},
	}
}

findings contains finding if {
	some pod in workloads.pods
	some key, profile in object.get(pod.meta, ["annotations"], {})
	startswith(key, prefix)
	not confined(profile)
	finding := {
		"code": "annotation",
		"path": array.concat(pod.at, ["metadata", "annotations", key]),
		"params": {"profile": profile, "workload": pod.name},
	}
}

confined(profile) if profile in {"", "runtime/default"}

confined(profile) if startswith(profile, "localhost/")
