# METADATA
# scope: package
# title: Pods run under an account of their own
# description: >-
#   The account default is shared by all pods that name none: a right that one of them is given is
#   every other's, and logs cannot tell them apart.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/service-accounts/
#     description: Service accounts, default service accounts
#   - ref: https://www.cisecurity.org/benchmark/kubernetes
#     description: CIS Kubernetes Benchmark, default service accounts
# custom:
#   short_name: default-account
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     default: "{workload} runs under the service account default"
#   remedy: Set serviceAccountName in the pack's template to {{ serviceAccount }}.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.16", "ISO27001 A.8.15"]
package controlplane.access.default_account

import data.controlplane.lib.workloads

findings contains finding if {
	some pod in workloads.pods
	object.get(pod.spec, "serviceAccountName", "") in {"", "default", null}
	finding := {
		"code": "default",
		"path": array.concat(pod.path, ["serviceAccountName"]),
		"params": {"workload": pod.name},
	}
}
