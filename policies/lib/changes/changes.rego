# METADATA
# title: The change as a whole
# description: Where in it a file stands, for findings that point at one.
package controlplane.lib.changes

# The path of a changed file inside the subject; of one that did not change, that of all subjects.
place(name) := ["files", at[0]] if {
	at := indices(name)
	count(at) > 0
}

place(name) := ["subjects"] if count(indices(name)) == 0

indices(name) := [each.index | some each in files; each.path == name]

files contains {"index": index, "path": file.path} if some index, file in input.subject.resource.files
