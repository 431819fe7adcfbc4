# METADATA
# scope: package
# title: An ingress carries no configuration of its controller
# description: >-
#   The controller is shared by all tenants. Snippets, and annotations whose text it pastes into
#   its configuration, run code in it and read every certificate and token it holds
#   (CVE-2021-25742, CVE-2021-25745, CVE-2025-1974).
# related_resources:
#   - ref: https://nvd.nist.gov/vuln/detail/CVE-2021-25742
#     description: CVE-2021-25742
#   - ref: https://nvd.nist.gov/vuln/detail/CVE-2025-1974
#     description: CVE-2025-1974
# custom:
#   short_name: ingress-injection
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     annotation: "ingress {ingress} has the annotation {annotation}"
#     path: "ingress {ingress} has the path {path}, which holds more than a path"
#   remedy: >-
#     Remove the annotation; write paths of letters, digits and the characters . _ ~ % / and -.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.8", "ISO27001 A.8.8", "ISO27001 A.8.22"]
#   twins: ["kyverno: restrict-annotations"]
package controlplane.isolation.ingress_injection

import data.controlplane.lib.text

forbidden contains name if some name in data.parameters.isolation.ingress_injection.forbidden

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Ingress"
	some annotation, _ in manifest.metadata.annotations
	pasted(text.in_small_letters(annotation))
	finding := {
		"code": "annotation",
		"path": ["objects", index, "metadata", "annotations", annotation],
		"params": {"annotation": annotation, "ingress": manifest.metadata.name},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Ingress"
	some number, entry in manifest.spec.rules
	some position, way in entry.http.paths
	path := object.get(way, "path", "/")
	not regex.match("^/[A-Za-z0-9._~%/-]*$", path)
	finding := {
		"code": "path",
		"path": ["objects", index, "spec", "rules", number, "http", "paths", position, "path"],
		"params": {"ingress": manifest.metadata.name, "path": path},
	}
}

pasted(annotation) if regex.match("-snippets?$", annotation)

pasted(annotation) if {
	name := substring(annotation, indexof(annotation, "/") + 1, -1)
	name in forbidden
}
