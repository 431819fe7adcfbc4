# METADATA
# scope: package
# title: No pod holds a key to the API server that it did not ask for
# description: >-
#   By default every pod gets a token of its service account, and whoever reads a file in the
#   container can use it. A pod that talks to the API server asks for a short-lived token with an
#   audience, in a projected volume.
# related_resources:
#   - ref: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
#     description: Configure service accounts for pods
# custom:
#   short_name: service-account-token
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     pod: "{workload} lets a token of its service account be mounted"
#     account: "service account {account} lets its token be mounted into every pod that uses it"
#     audience: "volume {volume} of {workload} holds a token that any audience accepts"
#   remedy: >-
#     Set automountServiceAccountToken: false on pods and service accounts; where a token is
#     needed, add a projected volume with serviceAccountToken.audience and expirationSeconds.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.17", "ISO27001 A.8.2"]
#   twins:
#     - "gatekeeper-library: K8sPSPAutomountServiceAccountTokenPod"
#     - "kyverno: restrict-automount-sa-token"
package controlplane.workloads.service_account_token

import data.controlplane.lib.workloads

findings contains finding if {
	some pod in workloads.pods
	object.get(pod.spec, "automountServiceAccountToken", true) != false
	finding := {
		"code": "pod",
		"path": array.concat(pod.path, ["automountServiceAccountToken"]),
		"params": {"workload": pod.name},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "ServiceAccount"
	object.get(manifest, "automountServiceAccountToken", true) != false
	finding := {
		"code": "account",
		"path": ["objects", index, "automountServiceAccountToken"],
		"params": {"account": manifest.metadata.name},
	}
}

findings contains finding if {
	some volume in workloads.volumes
	some number, source in object.get(volume.spec, ["projected", "sources"], [])
	token := source.serviceAccountToken
	object.get(token, "audience", "") in {"", null}
	finding := {
		"code": "audience",
		"path": array.concat(volume.path, ["projected", "sources", number, "serviceAccountToken"]),
		"params": {"volume": volume.name, "workload": volume.workload},
	}
}
