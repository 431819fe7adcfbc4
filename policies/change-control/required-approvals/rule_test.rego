package controlplane.change_control.required_approvals_test

import data.controlplane.change_control.required_approvals

# Nothing is found in it; each test changes something.
change := {
	"facts": {"approvals": [
		{"classes": [], "person": "sam", "role": "security"},
		{"classes": [], "person": "kim", "role": "platform"},
	]},
	"subject": {"resource": {"requirements": [{
		"classes": ["policy"],
		"count": 2,
		"name": "guarded",
		"roles": ["security", "platform"],
		"source": "EvidenceContract/standard",
	}]}},
}

changed(path, value) := json.patch(change, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(change, [{"op": "add", "path": path, "value": value}])

finding(given, needed, roles) := {
	"code": "missing",
	"path": ["requirements", 0],
	"params": {
		"classes": "policy",
		"given": given,
		"needed": needed,
		"requirement": "guarded",
		"roles": roles,
		"source": "EvidenceContract/standard",
	},
}

test_one_approval_too_few_is_found if {
	asked := changed("/subject/resource/requirements/0/count", 3)
	required_approvals.findings == {finding(2, 3, "security or platform")} with input as asked
}

test_as_many_as_are_needed_will_do if required_approvals.findings == set() with input as change

test_an_approval_of_another_class_is_none if {
	asked := added("/facts/approvals/1/classes/0", "budget")
	required_approvals.findings == {finding(1, 2, "security or platform")} with input as asked
}

test_an_approval_of_that_class_is_one if {
	required_approvals.findings == set() with input as added("/facts/approvals/1/classes/0", "policy")
}

test_an_approval_in_another_role_is_none if {
	asked := changed("/facts/approvals/1/role", "finance")
	required_approvals.findings == {finding(1, 2, "security or platform")} with input as asked
}

test_one_person_twice_is_one if {
	asked := changed("/facts/approvals/1/person", "sam")
	required_approvals.findings == {finding(1, 2, "security or platform")} with input as asked
}

test_nobody_is_not_anybody if {
	asked := json.patch(change, [
		{"op": "replace", "path": "/facts/approvals/0/role", "value": "finance"},
		{"op": "remove", "path": "/facts/approvals/1"},
		{"op": "remove", "path": "/subject/resource/requirements/0/roles/1"},
		{"op": "remove", "path": "/subject/resource/requirements/0/roles/0"},
	])
	required_approvals.findings == {finding(1, 2, "anybody")} with input as asked
}

test_anybody_will_do_where_no_role_is_named if {
	asked := json.patch(change, [
		{"op": "remove", "path": "/subject/resource/requirements/0/roles/1"},
		{"op": "remove", "path": "/subject/resource/requirements/0/roles/0"},
	])
	required_approvals.findings == set() with input as asked
}
