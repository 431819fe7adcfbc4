# METADATA
# title: Names of credentials, and private keys
# description: >-
#   Which names say that what they name is a secret, where keys, variables and fields are written
#   each in a way of its own; and what a private key looks like. Names are given in small letters.
#   An expression costs more than all else in a rule: words that it needs are looked for first.
package controlplane.lib.credentials

# Every name that is meant below holds one of these.
words := ["credential", "key", "pass", "pwd", "secret", "token"]

hinted(name) if {
	some word in words
	contains(name, word)
}

# The key of a ConfigMap, which may be the name of a file.
key(name) if {
	hinted(name)
	regex.match("(password|passwd|passphrase|[_.-]pass|[_.-]pwd|secret|token|(account|api|encryption|master|private|secret|shared|signing|storage)[_.-]?key|credentials?)([.](json|key|pem|txt|yaml))?$", name)
}

# A container's variable: the word may stand anywhere in its name, also where another is joined to it
# (PGPASSWORD). Short ones end it, after another word (DB_PASS): PWD alone is a shell's.
variable(name) if {
	hinted(name)
	regex.match("(password|passwd|passphrase|secret|token|api[ _./:-]?key|private[ _./:-]?key|credentials?)($|[ _./:-])|([ _./:-]pass|[ _./:-]pwd|(account|encryption|master|shared|signing|storage)[ _./:-]?key)[ ]*$", name)
}

# A field of a pack's configuration, in small letters and without what may stand between words.
field(name) if {
	hinted(name)
	regex.match("(password|passwd|passphrase|[a-z0-9]pwd|(admin|database|db|root|user)pass|secret|token|(account|api|encryption|master|private|secret|shared|signing|storage)key|credential|credentials)$", name)
}

# The same, as it is written: `pass` ends it after another word (db_pass, dbPass), a bypass is none.
short_field(name) if regex.match("([ _-](pass|Pass|PASS)|[a-z0-9]Pass)[ ]*$", name)

# A private key as files hold it.
private_key(value) if {
	contains(value, "PRIVATE KEY")
	regex.match("-----BEGIN [A-Z ]*PRIVATE KEY-----", value)
}
