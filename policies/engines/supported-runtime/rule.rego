# METADATA
# scope: package
# title: Clusters run a Kubernetes that still gets corrections
# description: >-
#   A version that is out of support gets no more security corrections: its known holes stay open
#   for every tenant on it.
# related_resources:
#   - ref: https://kubernetes.io/releases/
#     description: Kubernetes releases
# custom:
#   short_name: supported-runtime
#   severity: deny
#   subjects: [Cluster]
#   uses: [parameters]
#   messages:
#     old: "{cluster} runs Kubernetes {version}, which is not 1.{minimum} or later"
#   remedy: Upgrade the cluster, and write the version into spec.runtimes.kubernetes.
#   controls: ["SOC2 CC7.1", "ISO27001 A.8.8", "ISO27001 A.8.19"]
package controlplane.engines.supported_runtime

import data.controlplane.lib.quantities

cluster := input.subject.resource

version := object.get(cluster, ["spec", "runtimes", "kubernetes"], "unknown")

minimum := data.parameters.engines.supported_runtime.minimumMinor

findings contains finding if {
	cluster.spec.connection.kind == "kubernetes"
	not supported
	finding := {
		"code": "old",
		"path": ["spec", "runtimes", "kubernetes"],
		"params": {"cluster": cluster.metadata.name, "minimum": minimum, "version": version},
	}
}

supported if {
	parts := split(version, ".")
	parts[0] in {"1", "v1"}
	quantities.whole_or(parts[1], 0) >= minimum
}
