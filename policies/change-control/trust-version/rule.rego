# METADATA
# scope: package
# title: A trust root counts its versions
# description: >-
#   An old trust root holds keys that were taken out for a reason. Its version counts up with every
#   change, so that an old one cannot be passed off as the current one.
# related_resources:
#   - ref: https://theupdateframework.github.io/specification/latest/
#     description: The Update Framework, protection against rollback
# custom:
#   short_name: trust-version
#   severity: deny
#   subjects: [TrustRoot]
#   uses: [change]
#   messages:
#     stuck: "{root} changes, and its version stays at {version} or goes back to it; it was {before}"
#   remedy: >-
#     Raise spec.version by one.
#   controls: ["SOC2 CC6.1", "SOC2 CC7.1", "ISO27001 A.8.24"]
package controlplane.change_control.trust_version

findings contains finding if {
	input.change.operation == "update"
	version := input.subject.resource.spec.version
	before := input.change.before.spec.version
	not version > before
	finding := {
		"code": "stuck",
		"path": ["spec", "version"],
		"params": {"before": before, "root": input.subject.name, "version": version},
	}
}
