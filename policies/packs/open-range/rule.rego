# METADATA
# scope: package
# title: A range of versions ends
# description: >-
#   Without an upper end the next resolution takes a new major version, with other inputs and other
#   behaviour, as if it were a repair.
# related_resources:
#   - ref: https://semver.org/spec/v2.0.0.html
#     description: Semantic Versioning, major versions
#   - ref: https://peps.python.org/pep-0440/
#     description: PEP 440, compatible release clause
# custom:
#   short_name: open-range
#   severity: deny
#   effective_on: "2027-06-01"
#   subjects: [Tenant]
#   uses: []
#   messages:
#     open: "{tenant} takes every later version of {pack}: {range}"
#   remedy: >-
#     Write a range that stays within a major version: ~=1.2 or >=1.2,<2.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.19", "ISO27001 A.8.32"]
package controlplane.packs.open_range

spec := input.subject.resource.spec

ranges contains {"pack": pack.name, "path": ["spec", "packs", index, "version"], "range": pack.version} if {
	some index, pack in spec.packs
}

ranges contains {"pack": pack.name, "path": path, "range": override.version} if {
	some index, pack in spec.packs
	some environment, override in pack.environments
	path := ["spec", "packs", index, "environments", environment, "version"]
}

findings contains finding if {
	some each in ranges
	not closed(each)
	finding := {
		"code": "open",
		"path": each.path,
		"params": {"pack": each.pack, "range": each.range, "tenant": input.subject.name},
	}
}

closed(each) if regex.match("(^|,) *(<|==|~=)", each.range)
