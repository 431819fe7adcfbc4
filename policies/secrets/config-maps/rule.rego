# METADATA
# scope: package
# title: ConfigMaps hold no credentials
# description: >-
#   A ConfigMap is shown to everyone who may look at the namespace, and it comes from Git, where
#   it stays for ever.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/configuration/configmap/
#     description: ConfigMaps, no secrecy or encryption
# custom:
#   short_name: config-maps
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     key: "ConfigMap {name} holds {key}"
#   remedy: >-
#     Keep the value in the target's secret store and mount it from a Secret made there. Change
#     the credential: it must be taken as known.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.24"]
package controlplane.secrets.config_maps

import data.controlplane.lib.credentials
import data.controlplane.lib.text

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "ConfigMap"
	some field in {"binaryData", "data"}
	some key, value in object.get(manifest, [field], {})
	credentials.key(text.in_small_letters(key))
	not value in {"", null}
	finding := {
		"code": "key",
		"path": ["objects", index, field, key],
		"params": {"key": key, "name": manifest.metadata.name},
	}
}
