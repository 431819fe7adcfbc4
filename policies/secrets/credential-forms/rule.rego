# METADATA
# scope: package
# title: Nothing that is rendered looks like a credential
# description: >-
#   Private keys, and the tokens of large providers, can be told by their form wherever they
#   stand: in an argument, an annotation, a file inside a ConfigMap. Whoever finds one in a
#   repository uses it within minutes.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/798.html
#     description: CWE-798, use of hard-coded credentials
# custom:
#   short_name: credential-forms
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     form: "{kind} {object} holds a text with the form of a credential"
#   remedy: >-
#     Take the text out, keep the value in the target's secret store, and change the credential:
#     it must be taken as known.
#   controls: ["SOC2 CC6.1", "ISO27001 A.5.17", "ISO27001 A.8.24"]
package controlplane.secrets.credential_forms

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	suspicious(manifest)
	some place, value
	walk(manifest, [place, value])
	is_string(value)
	formed(value)
	finding := {
		"code": "form",
		"path": array.concat(["objects", index], place),
		"params": {
			"kind": object.get(manifest, "kind", "object"),
			"object": object.get(manifest, ["metadata", "name"], ""),
		},
	}
}

formed(value) if regex.match("-----BEGIN [A-Z ]*PRIVATE KEY|gh[opsru]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}|glpat-[A-Za-z0-9_-]{20}|xox[abeoprs]-[A-Za-z0-9-]{10}|AIza[A-Za-z0-9_-]{35}|[rs]k_live_[A-Za-z0-9]{16}|npm_[A-Za-z0-9]{36}|eyJ[A-Za-z0-9_-]{10,500}[.]eyJ[A-Za-z0-9_-]{10}", value)

# A password before a host, and a key in what names a store and how to get in.
formed(value) if regex.match("//[A-Za-z0-9._~%-]*:[A-Za-z0-9._~!*%&;=+,-]+@|(Account|Access)Key=[A-Za-z0-9+/]{20}", value)

# A password given to an option, in properties, or in what names a database and how to get in. One
# that ends at once is none (`;`, `&`, `,`, the apostrophe again), nor what a shell, a pod or a
# template fills in, which begins with a dollar or a bracket.
formed(value) if {
	some name in ["Password=", "password=", "Passwd=", "passwd=", "Pwd=", "pwd="]
	some quote in ["", "'"]
	parts := split(value, concat("", [name, quote]))
	some index, part in parts
	regex.match("^[A-Za-z0-9_~!*%+:@-]", part)
	before := parts[index - 1]
	not in_a_word(before)
}

# The id of an access key has no mark but how it begins: it must not begin inside a word, as
# the name of a password must not. What else may stand before either, a line end or a quotation
# mark, no expression can say to all readers.
formed(value) if {
	some beginning in ["AKIA", "ASIA"]
	parts := split(value, beginning)
	some index, part in parts
	regex.match("^[A-Z0-9]{16}", part)
	before := parts[index - 1]
	not in_a_word(before)
}

in_a_word(text) if regex.match("[A-Za-z0-9+]$", text)

# Every form holds one of these words: an object without them is not searched text by text.
suspicious(manifest) if {
	texts := [value |
		some value
		walk(manifest, [_, value])
		is_string(value)
	]
	regex.match("PRIVATE KEY|A[KS]IA|gh[opsru]_|github_pat_|glpat-|xox|AIza|k_live_|npm_|eyJ|:[A-Za-z0-9._~!*%&;=+,-]+@|[Pp](assword|asswd|wd)=|(Account|Access)Key=", concat(" ", texts))
}
