package controlplane.change_control.independent_approval_test

import data.controlplane.change_control.independent_approval

requirement := {"name": "guarded", "classes": ["policy"], "count": 1, "roles": [], "independent": true}

asked(authors) := {
	"subject": {"resource": {"requirements": [requirement]}},
	"facts": {
		"approvals": [{"person": "ada", "known": true, "role": "security", "classes": []}],
		"authors": authors,
	},
}

codes(authors) := {[finding.code, object.get(finding.params, "author", "")] |
	some finding in independent_approval.findings with input as asked(authors)
}

test_the_author_is_named if {
	codes([{"person": "ada", "email": "ada@example.com"}]) == {["own", ""]}
}

test_a_stranger_is_named if {
	codes([{"person": "", "email": "x@example.com"}]) == {["unknown-author", "x@example.com"]}
}

test_nobody_is_named if codes([]) == {["unknown-author", "nobody that is named"]}

test_others_do if codes([{"person": "kim", "email": "kim@example.com"}]) == set()
