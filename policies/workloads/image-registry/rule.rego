# METADATA
# scope: package
# title: Images come from registries that somebody answers for
# description: >-
#   Anybody can publish an image under a name that looks right. What runs comes from registries
#   where it was scanned and is kept, whatever its name says.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/190/final
#     description: NIST SP 800-190, use of untrusted images
# custom:
#   short_name: image-registry
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     unknown: "container {container} of {workload} runs {image}, from a registry that is not on the list"
#   remedy: >-
#     Copy the image into a registry of the list, or add the registry to the parameter registries
#     of workloads/image-registry after checking who may push to it.
#   controls: ["SOC2 CC6.8", "SOC2 CC8.1", "ISO27001 A.5.21", "ISO27001 A.8.19"]
#   twins: ["gatekeeper-library: K8sAllowedRepos", "kyverno: restrict-image-registries"]
package controlplane.workloads.image_registry

import data.controlplane.lib.workloads

findings contains finding if {
	some container in workloads.containers
	image := object.get(container.spec, "image", "")
	not from_known_registry(image)
	finding := {
		"code": "unknown",
		"path": array.concat(container.path, ["image"]),
		"params": {
			"container": container.name,
			"image": image,
			"workload": container.workload,
		},
	}
}

from_known_registry(image) if {
	some registry in data.parameters.workloads.image_registry.registries
	startswith(image, registry)
}
