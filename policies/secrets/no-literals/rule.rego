# METADATA
# scope: package
# title: Secrets are referred to, never written down
# description: >-
#   What is rendered comes from Git, so a secret in it has been read by everyone who ever cloned the
#   repository. A Secret object with data, or an environment variable whose name says it holds a
#   credential and which has a literal value, is one.
# related_resources:
#   - ref: https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html
#     description: OWASP Secrets Management Cheat Sheet, hard-coded secrets
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 IA-5(7), no embedded static authenticators
# custom:
#   short_name: no-literals
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     secret-data: "Secret {name} carries its {field}"
#     literal: "container {container} of {workload} has a literal value in {variable}"
#   remedy: >-
#     Keep the value in the secret store of the target and refer to it (valueFrom.secretKeyRef, or a
#     Secret made there). Change the credential: it must be taken as known.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.24"]
package controlplane.secrets.no_literals

import data.controlplane.lib.credentials
import data.controlplane.lib.text
import data.controlplane.lib.workloads

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Secret"
	some field in {"data", "stringData"}
	object.get(manifest, field, {}) != {}
	finding := {
		"code": "secret-data",
		"path": ["objects", index, field],
		"params": {"field": field, "name": manifest.metadata.name},
	}
}

findings contains finding if {
	some container in workloads.containers
	some number, variable in container.spec.env
	credentials.variable(text.in_small_letters(variable.name))
	object.get(variable, "value", "") != ""
	finding := {
		"code": "literal",
		"path": array.concat(container.path, ["env", number]),
		"params": {
			"container": container.name,
			"variable": variable.name,
			"workload": container.workload,
		},
	}
}
