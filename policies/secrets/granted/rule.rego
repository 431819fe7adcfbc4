# METADATA
# scope: package
# title: A pod reads only secrets that its pack asks for
# description: >-
#   What a pack says it needs is what reviewers saw and tenants agreed to. A pod that reads
#   another Secret of the namespace reads another pack's credentials.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
#     description: Good practices for Secrets
# custom:
#   short_name: granted
#   severity: deny
#   subjects: [Placement]
#   uses: [references, rendered]
#   messages:
#     ungranted: "{workload} reads Secret {secret}, which pack {pack} does not ask for"
#   remedy: >-
#     Name the secret in spec.capabilities.secrets of the pack, and release the pack as a new
#     version; or do not read it.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.8.3"]
package controlplane.secrets.granted

import data.controlplane.lib.workloads

# What each pack version asks for, as [name@version, secret].
granted contains [identity, secret.name] if {
	some identity, pack in input.references.Pack
	some secret in pack.spec.capabilities.secrets
}

findings contains finding if {
	some reading in readings
	index := reading.path[1]
	labels := object.get(input.subject.resource.objects[index], ["metadata", "labels"], {})
	pack := concat("@", [
		object.get(labels, "controlplane.dev/pack", "none"),
		object.get(labels, "app.kubernetes.io/version", "none"),
	])
	secret := reading.secret
	not [pack, secret] in granted
	finding := {
		"code": "ungranted",
		"path": reading.path,
		"params": {"pack": pack, "secret": secret, "workload": reading.workload},
	}
}

readings contains {"path": path, "secret": secret, "workload": container.workload} if {
	some container in workloads.containers
	some number, variable in container.spec.env
	secret := object.get(variable.valueFrom.secretKeyRef, "name", "")
	path := array.concat(container.path, ["env", number])
}

readings contains {"path": path, "secret": secret, "workload": container.workload} if {
	some container in workloads.containers
	some number, source in container.spec.envFrom
	secret := object.get(source.secretRef, "name", "")
	path := array.concat(container.path, ["envFrom", number])
}

readings contains {"path": volume.path, "secret": secret, "workload": volume.workload} if {
	some volume in workloads.volumes
	secret := object.get(volume.spec.secret, "secretName", "")
}

readings contains {"path": path, "secret": secret, "workload": volume.workload} if {
	some volume in workloads.volumes
	some number, source in volume.spec.projected.sources
	secret := object.get(source.secret, "name", "")
	path := array.concat(volume.path, ["projected", "sources", number])
}
