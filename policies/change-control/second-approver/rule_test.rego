package controlplane.change_control.second_approver_test

import data.controlplane.change_control.second_approver

# This is found; each test changes something.
change := {
	"facts": {
		"approvals": [{"classes": [], "known": true, "person": "sam"}],
		"authors": [{"email": "ada@example.com", "person": "ada"}],
		"loosened": [{
			"flips": 2,
			"module": "policies/tenancy/owner-contact/rule.rego",
			"rule": "tenancy/owner-contact",
		}],
	},
	"references": {"TrustRoot": {"meridian": {"spec": {
		"identities": [],
		"keys": [{"purpose": "approve"}],
	}}}},
	"subject": {"resource": {"files": [{"path": "policies/tenancy/owner-contact/rule.rego"}]}},
}

changed(path, value) := json.patch(change, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(change, [{"op": "add", "path": path, "value": value}])

removed(path) := json.patch(change, [{"op": "remove", "path": path}])

finding(given) := {
	"code": "loosened",
	"path": ["files", 0],
	"params": {"flips": 2, "given": given, "needed": 2, "rule": "tenancy/owner-contact"},
}

test_one_other_person_is_found if {
	second_approver.findings == {finding(1)} with input as change
		with data.parameters.change_control.second_approver.people as 2
}

test_the_author_is_no_other_person if {
	asked := added("/facts/approvals/1", {"classes": [], "known": true, "person": "ada"})
	second_approver.findings == {finding(1)} with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_the_same_person_twice_is_one if {
	asked := added("/facts/approvals/1", {"classes": [], "known": true, "person": "sam"})
	second_approver.findings == {finding(1)} with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_an_approval_of_another_class_does_not_count if {
	asked := added("/facts/approvals/1", {"classes": ["budget"], "known": true, "person": "kim"})
	second_approver.findings == {finding(1)} with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_an_author_whom_nobody_knows_could_be_anybody if {
	asked := json.patch(change, [
		{"op": "replace", "path": "/facts/authors/0/person", "value": ""},
		{
			"op": "add",
			"path": "/facts/approvals/1",
			"value": {"classes": [], "known": true, "person": "kim"},
		},
	])
	second_approver.findings == {finding(0)} with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_two_other_people_will_do if {
	asked := added("/facts/approvals/1", {"classes": [], "known": true, "person": "kim"})
	second_approver.findings == set() with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_without_an_approver_there_is_nobody_to_ask if {
	asked := changed("/references/TrustRoot/meridian/spec/keys/0/purpose", "decide")
	second_approver.findings == set() with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_an_identity_that_may_approve_can_be_asked if {
	asked := json.patch(change, [
		{
			"op": "add",
			"path": "/references/TrustRoot/meridian/spec/identities/0",
			"value": {"purposes": ["approve"]},
		},
		{"op": "remove", "path": "/references/TrustRoot/meridian/spec/keys/0"},
	])
	second_approver.findings == {finding(1)} with input as asked
		with data.parameters.change_control.second_approver.people as 2
}

test_a_rule_that_did_not_change_itself_is_found_with_all_subjects if {
	second_approver.findings == {{
		"code": "loosened",
		"path": ["subjects"],
		"params": {"flips": 2, "given": 1, "needed": 2, "rule": "tenancy/owner-contact"},
	}} with input as changed("/facts/loosened/0/module", "policies/access/broad-group/rule.rego")
		with data.parameters.change_control.second_approver.people as 2
}

test_nothing_loosened_needs_nobody if {
	second_approver.findings == set() with input as removed("/facts/loosened/0")
		with data.parameters.change_control.second_approver.people as 2
}
