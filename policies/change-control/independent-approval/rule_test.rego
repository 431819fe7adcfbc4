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

test_an_account_without_an_address_is_named if {
	codes([{"person": "", "name": "octocat", "email": ""}]) == {["unknown-author", "octocat"]}
}

test_nobody_is_named if codes([]) == {["unknown-author", "nobody that is named"]}

test_others_do if codes([{"person": "kim", "email": "kim@example.com"}]) == set()

# Nothing is found in it; each test changes something.
change := {
	"facts": {
		"approvals": [
			{"classes": [], "known": true, "person": "sam", "role": "security"},
			{"classes": [], "known": true, "person": "kim", "role": "platform"},
		],
		"authors": [{"email": "ada@example.com", "person": "ada"}],
	},
	"subject": {"resource": {"requirements": [{
		"count": 2,
		"independent": true,
		"name": "guarded",
		"roles": ["security", "platform"],
	}]}},
}

changed(path, value) := json.patch(change, [{
	"op": "replace",
	"path": concat("/", ["/facts", path]),
	"value": value,
}])

removed(path) := json.patch(change, [{
	"op": "remove",
	"path": concat("/", ["/facts", path]),
}])

own_finding := {
	"code": "own",
	"path": ["requirements", 0],
	"params": {"authors": "ada", "requirements": "guarded"},
}

test_an_approver_who_wrote_it_is_found if {
	independent_approval.findings == {own_finding} with input as changed("approvals/0/person", "ada")
}

test_a_key_that_nobody_is_known_to_hold_is_nobodys if {
	independent_approval.findings == {own_finding} with input as changed("approvals/1/known", false)
}

test_an_author_whom_nobody_knows_is_found if {
	independent_approval.findings == {{
		"code": "unknown-author",
		"path": ["requirements", 0],
		"params": {"author": "ada@example.com", "requirements": "guarded"},
	}} with input as changed("authors/0/person", "")
}

test_a_change_without_an_author_is_found if {
	independent_approval.findings == {{
		"code": "unknown-author",
		"path": ["requirements", 0],
		"params": {"author": "nobody that is named", "requirements": "guarded"},
	}} with input as removed("authors/0")
}

test_two_others_will_do if independent_approval.findings == set() with input as change

test_a_requirement_that_does_not_ask_for_others_will_do if {
	asked := json.patch(change, [
		{"op": "replace", "path": "/facts/approvals/0/person", "value": "ada"},
		{"op": "replace", "path": "/subject/resource/requirements/0/independent", "value": false},
	])
	independent_approval.findings == set() with input as asked
}

test_an_approval_that_is_missing_is_for_another_rule if {
	asked := json.patch(change, [
		{"op": "replace", "path": "/facts/approvals/0/person", "value": "ada"},
		{"op": "replace", "path": "/subject/resource/requirements/0/count", "value": 3},
	])
	independent_approval.findings == set() with input as asked
}
