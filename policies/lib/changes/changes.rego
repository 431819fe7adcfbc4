# METADATA
# title: The change as a whole
# description: Where in it a file stands, for findings that point at one.
package controlplane.lib.changes

# The path of a changed file inside the subject; of one that did not change, that of what may have
# changed what it means: the repository's settings, else a file that rules import, else what an
# environment says, else all subjects.
place(name) := ["files", at[0]] if {
	at := indices(name)
	count(at) > 0
}

place(name) := elsewhere[0] if count(indices(name)) == 0

elsewhere := array.concat(
	array.concat(settings("Repository"), policy_files),
	array.concat(settings("Environment"), [["subjects"]]),
)

settings(kind) := [["subjects", index] |
	some index
	subject := input.subject.resource.subjects[index]
	subject.kind == kind
]

policy_files := [["files", index] |
	some index
	file := input.subject.resource.files[index]
	file.class == "policy"
]

indices(name) := [each.index | some each in files; each.path == name]

files contains {"index": index, "path": file.path} if some index, file in input.subject.resource.files
