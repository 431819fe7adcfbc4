# METADATA
# scope: package
# title: Images are named by digest
# description: >-
#   A tag can be moved to another image after review. Only a digest says which bytes will run, and
#   makes a rollback the same as what ran before.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/
#     description: Images, image names
# custom:
#   short_name: image-digest
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     tag: "container {container} of {workload} runs {image}, which is not a digest"
#   remedy: "Write the image as name@sha256:… in the pack's template or values."
#   controls: ["SOC2 CC7.1", "SOC2 CC8.1", "ISO27001 A.8.9", "ISO27001 A.5.21"]
#   twins:
#     - "gatekeeper-library: K8sDisallowedTags"
#     - "gatekeeper-library: K8sImageDigests"
#     - "kyverno: disallow-latest-tag"
package controlplane.workloads.image_digest

import data.controlplane.lib.workloads

findings contains finding if {
	some container in workloads.containers
	image := object.get(container.spec, "image", "")
	not pinned(image)
	finding := {
		"code": "tag",
		"path": array.concat(container.path, ["image"]),
		"params": {
			"container": container.name,
			"image": image,
			"workload": container.workload,
		},
	}
}

# The digits are counted apart: an expression that counts to 64 is the dearest part of a rule.
pinned(image) if {
	regex.match("^[A-Za-z0-9._:/-]+@sha256:[0-9a-f]+$", image)
	count(split(image, "@sha256:")[1]) == 64
}
