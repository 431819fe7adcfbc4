# METADATA
# scope: package
# title: A connector asks for what it needs, and believes only signed calls
# description: >-
#   A connector holds the keys to another company's system. With every scope a fault in it is a
#   breach there; with an unsigned webhook anybody can send it events.
# related_resources:
#   - ref: https://www.rfc-editor.org/rfc/rfc9700.html
#     description: RFC 9700, 2.3, access token privilege restriction
#   - ref: https://www.rfc-editor.org/rfc/rfc9421.html
#     description: RFC 9421, HTTP message signatures
# custom:
#   short_name: connector-scopes
#   severity: deny
#   subjects: [Pack]
#   uses: []
#   messages:
#     wide: "{pack} asks {system} for {scope}, which is everything"
#     writes: "{pack} only reads from {system} and asks for {scope}"
#     unsigned: "{pack} accepts {event} from anybody: the call carries no signature"
#   remedy: >-
#     Name single scopes; read scopes only where direction is read; have calls signed and check the
#     signature.
#   controls: ["SOC2 CC6.1", "SOC2 CC6.3", "ISO27001 A.5.15", "ISO27001 A.8.26"]
package controlplane.packs.connector_scopes

import data.controlplane.lib.text

connector := input.subject.resource.spec.connector

everything := {"admin", "all", "full", "owner", "root", "superuser"}

writing := {"create", "delete", "manage", "modify", "readwrite", "update", "write"}

findings contains about("wide", ["scopes", index], {"scope": scope, "system": connector.system}) if {
	some index, scope in connector.scopes
	wide(scope)
}

findings contains about("writes", ["scopes", index], {"scope": scope, "system": connector.system}) if {
	connector.direction == "read"
	some index, scope in connector.scopes
	count(words(scope) & writing) > 0
}

findings contains about("unsigned", ["webhooks", index, "signed"], {"event": webhook.event}) if {
	some index, webhook in connector.webhooks
	webhook.direction == "in"
	not webhook.signed
}

wide(scope) if contains(scope, "*")

wide(scope) if count(words(scope) & everything) > 0

# The words of a scope, whatever stands between them.
words(scope) := {part |
	some word in split(text.in_small_letters(scope), ".")
	some piece in split(word, ":")
	some bit in split(piece, "/")
	some end in split(bit, "_")
	some part in split(end, "-")
}

about(code, path, params) := {
	"code": code,
	"path": array.concat(["spec", "connector"], path),
	"params": {
		"event": object.get(params, "event", ""),
		"pack": input.subject.name,
		"scope": object.get(params, "scope", ""),
		"system": object.get(params, "system", ""),
	},
}
