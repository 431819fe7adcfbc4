# METADATA
# scope: package
# title: A tenant's configuration refers to secrets, it does not hold them
# description: >-
#   Configuration of packs is read by everyone who may read the repository, for ever.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 IA-5(7), no embedded static authenticators
# custom:
#   short_name: config-literals
#   severity: deny
#   subjects: [Tenant]
#   uses: []
#   messages:
#     literal: "pack {pack} is given a literal value for {field}"
#     key: "pack {pack} is given a private key in {field}"
#   remedy: >-
#     Put the value into the target's secret store and give the pack its name (a field that ends in
#     Ref). Change the credential: it must be taken as known.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.24"]
package controlplane.secrets.config_literals

import data.controlplane.lib.credentials
import data.controlplane.lib.text

findings contains about("literal", setting) if {
	some setting in settings
	secret(setting.field)
	setting.value != ""
}

findings contains about("key", setting) if {
	some setting in settings
	credentials.private_key(setting.value)
}

secret(field) if {
	credentials.field(text.in_small_letters(replace(replace(replace(field, "_", ""), "-", ""), " ", "")))
}

secret(field) if credentials.short_field(field)

# Every text in any pack's configuration, general or of one environment, under each name that it has
# there: its own, and those of what holds it.
settings := [setting |
	some index
	pack := input.subject.resource.spec.packs[index]
	some place, value
	walk(pack, [place, value])
	is_string(value)
	some at
	step := place[at]
	step == "config"
	some name in array.slice(place, at + 1, count(place))
	is_string(name)
	setting := {
		"field": name,
		"pack": pack.name,
		"path": array.concat(["spec", "packs", index], place),
		"value": value,
	}
]

about(code, setting) := {
	"code": code,
	"path": setting.path,
	"params": {"field": setting.field, "pack": setting.pack},
}
