package controlplane.change_control.waiver_approver_test

import data.controlplane.change_control.waiver_approver

# Nothing is found in it; each test changes something.
waiver := {
	"change": {"operation": "create"},
	"facts": {
		"approvals": [{
			"classes": [],
			"known": true,
			"names": ["sam@example.com"],
			"person": "sam",
		}],
		"approvers": 2,
		"authors": [{"email": "ada@example.com", "person": "ada"}],
	},
	"subject": {
		"name": "probes",
		"resource": {"spec": {"approvedBy": {"subject": "sam@example.com"}}},
	},
}

changed(path, value) := json.patch(waiver, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(waiver, [{"op": "add", "path": path, "value": value}])

removed(path) := json.patch(waiver, [{"op": "remove", "path": path}])

absent_finding(approver) := {
	"code": "absent",
	"path": ["spec", "approvedBy", "subject"],
	"params": {"approver": approver, "waiver": "probes"},
}

own_finding := {
	"code": "own",
	"path": ["spec", "approvedBy", "subject"],
	"params": {"approver": "sam@example.com", "waiver": "probes"},
}

test_a_waiver_that_nobody_approved_is_found if {
	asked := removed("/facts/approvals/0")
	waiver_approver.findings == {absent_finding("sam@example.com")} with input as asked
}

test_an_approval_by_a_key_of_nobody_is_none if {
	asked := changed("/facts/approvals/0/known", false)
	waiver_approver.findings == {absent_finding("sam@example.com")} with input as asked
}

test_an_approval_of_another_class_is_none if {
	asked := added("/facts/approvals/0/classes/0", "budget")
	waiver_approver.findings == {absent_finding("sam@example.com")} with input as asked
}

test_an_approval_by_whom_it_names_will_do if {
	waiver_approver.findings == set() with input as waiver
}

test_without_an_approver_there_is_nobody_to_ask if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/facts/approvers", "value": 0},
		{"op": "remove", "path": "/facts/approvals/0"},
	])
	waiver_approver.findings == set() with input as asked
}

test_a_waiver_that_does_not_change_will_do if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/change/operation", "value": "none"},
		{"op": "remove", "path": "/facts/approvals/0"},
	])
	waiver_approver.findings == set() with input as asked
}

test_an_approval_by_somebody_else_is_none if {
	asked := changed("/subject/resource/spec/approvedBy/subject", "kim@example.com")
	waiver_approver.findings == {absent_finding("kim@example.com")} with input as asked
}

test_an_approval_by_its_author_is_found if {
	waiver_approver.findings == {own_finding} with input as changed("/facts/authors/0/person", "sam")
}

test_an_author_whom_nobody_knows_is_found if {
	waiver_approver.findings == {{
		"code": "unknown-author",
		"path": ["spec", "approvedBy", "subject"],
		"params": {"approver": "sam@example.com", "waiver": "probes"},
	}} with input as changed("/facts/authors/0/person", "")
}

test_a_waiver_that_its_approver_wrote_is_found if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/facts/authors/0/email", "value": "sam@example.com"},
		{"op": "replace", "path": "/facts/authors/0/person", "value": "sam"},
	])
	waiver_approver.findings == {own_finding} with input as asked
}

test_a_waiver_that_does_not_change_is_left_to_its_author if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/change/operation", "value": "none"},
		{"op": "replace", "path": "/facts/authors/0/email", "value": "sam@example.com"},
		{"op": "replace", "path": "/facts/authors/0/person", "value": "sam"},
	])
	waiver_approver.findings == set() with input as asked
}

test_a_waiver_that_does_not_change_is_left_to_a_stranger if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/change/operation", "value": "none"},
		{"op": "replace", "path": "/facts/authors/0/person", "value": ""},
		{"op": "remove", "path": "/facts/approvals/0"},
	])
	waiver_approver.findings == set() with input as asked
}

test_without_an_approver_a_stranger_may_write_it if {
	asked := json.patch(waiver, [
		{"op": "replace", "path": "/facts/approvers", "value": 0},
		{"op": "replace", "path": "/facts/authors/0/person", "value": ""},
		{"op": "remove", "path": "/facts/approvals/0"},
	])
	waiver_approver.findings == set() with input as asked
}
