# METADATA
# scope: package
# title: Who was promised availability runs more than one copy
# description: >-
#   One pod is gone for a minute whenever its node is upgraded, and for longer when the node dies.
#   A tenant whose support tier promises a quick restore needs another one that answers meanwhile.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
#     description: Disruptions, replicating an application
# custom:
#   short_name: replicas
#   severity: warn
#   subjects: [Placement]
#   uses: [parameters, references, rendered]
#   messages:
#     single: "{workload} runs {replicas} pod in production, and {tenant} (support tier {tier}) needs {minimum}"
#   remedy: >-
#     Raise the number of replicas in the pack's configuration for the environment, or name the
#     tier in the parameter oneIsEnough.
#   controls: ["SOC2 A1.2", "ISO27001 A.8.14"]
#   twins: ["gatekeeper-library: K8sReplicaLimits"]
package controlplane.workloads.replicas

import data.controlplane.lib.quantities
import data.controlplane.lib.references

modest contains tier if some tier in data.parameters.workloads.replicas.oneIsEnough

findings contains finding if {
	references.production(input.subject.resource.environment)
	tenant := object.get(input.references, ["Tenant", input.subject.resource.tenant], {})
	tier := object.get(tenant, ["spec", "support", "tier"], "unknown")
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Deployment"
	replicas := quantities.number_or(object.get(manifest, ["spec", "replicas"], 1), 1)
	replicas != 0
	minimum := data.parameters.workloads.replicas.minimum
	replicas < minimum
	not tier in modest
	finding := {
		"code": "single",
		"path": ["objects", index, "spec", "replicas"],
		"params": {
			"minimum": minimum,
			"replicas": replicas,
			"tenant": input.subject.resource.tenant,
			"tier": tier,
			"workload": manifest.metadata.name,
		},
	}
}
