package controlplane.change_control.own_key_test

import data.controlplane.change_control.own_key

root(approvals, person, purpose) := {
	"change": {},
	"facts": {"approvals": approvals, "authors": [{"email": "ada@example.com", "person": person}]},
	"subject": {"resource": {"spec": {"keys": [{
		"name": "ada-approve",
		"person": "ada",
		"purpose": purpose,
	}]}}},
}

second_root(approvers) := {
	"change": {},
	"facts": {"approvers": approvers},
	"subject": {"resource": {"spec": {"keys": [
		{"name": "sam-approve", "person": "sam", "purpose": "approve"},
		{"name": "ada-approve", "person": "ada", "purpose": "approve"},
	]}}},
}

identity(identities, purpose) := {
	"change": {"before": {"spec": {"identities": identities}}},
	"subject": {"resource": {"spec": {"identities": [{
		"issuer": "https://github.com",
		"name": "ada",
		"purposes": [purpose],
		"roles": ["platform"],
		"subject": "ada",
	}]}}},
}

held(person) := {
	"change": {},
	"facts": {"approvals": [{"classes": [], "known": true, "person": "sam"}], "authors": [{}]},
	"subject": {"resource": {"spec": {"keys": [{
		"name": "ada-approve",
		"person": person,
		"purpose": "approve",
	}]}}},
}

identities(approvers) := {
	"change": {},
	"facts": {"approvers": approvers},
	"subject": {"resource": {"spec": {"identities": [{"name": "ada", "purposes": ["approve"]}]}}},
}

finding(name, person) := {
	"code": "own",
	"path": ["spec", "keys", 0],
	"params": {"name": name, "person": person},
}

finding_elsewhere := {
	"code": "own",
	"path": ["spec", "identities", 0],
	"params": {"name": "ada", "person": "ada"},
}

test_a_key_that_its_holder_alone_brings_in_is_found if {
	own_key.findings == {finding("ada-approve", "ada")} with input as root([], "ada", "approve")
}

test_a_key_that_imports_approvals_is_found if {
	own_key.findings == {finding("ada-approve", "ada")} with input as root([], "ada", "import")
}

test_an_approval_by_its_author_is_none if {
	asked := root([{"classes": [], "known": true, "person": "ada"}], "ada", "approve")
	own_key.findings == {finding("ada-approve", "ada")} with input as asked
}

test_an_approval_by_a_key_of_nobody_is_none if {
	asked := root([{"classes": [], "known": false, "person": "sam"}], "ada", "approve")
	own_key.findings == {finding("ada-approve", "ada")} with input as asked
}

test_an_author_whom_nobody_knows_could_be_anybody if {
	asked := root([{"classes": [], "known": true, "person": "sam"}], "", "approve")
	own_key.findings == {finding("ada-approve", "ada")} with input as asked
}

test_an_approval_by_somebody_else_will_do if {
	asked := root([{"classes": [], "known": true, "person": "sam"}], "ada", "approve")
	own_key.findings == set() with input as asked
}

test_a_key_that_only_says_what_it_saw_will_do if {
	own_key.findings == set() with input as of_machine([], "witness", 2)
}

of_machine(approvals, purpose, approvers) := {
	"change": {},
	"facts": {
		"approvals": approvals,
		"approvers": approvers,
		"authors": [{"email": "ada@example.com", "person": "ada"}],
	},
	"subject": {"resource": {"spec": {"keys": [{"name": "ci", "purpose": purpose}]}}},
}

alone(purpose) := {
	"code": "alone",
	"path": ["spec", "keys", 0],
	"params": {"name": "ci", "purpose": purpose},
}

test_a_key_that_needs_no_vote_is_found if {
	every purpose in ["apply", "decide", "publish"] {
		own_key.findings == {alone(purpose)} with input as of_machine([], purpose, 2)
	}
}

test_a_key_that_needs_no_vote_will_do_where_nobody_else_can_be_asked if {
	own_key.findings == set() with input as of_machine([], "decide", 1)
}

test_a_key_that_needs_no_vote_will_do_where_somebody_vouches if {
	agreed := [{"classes": [], "known": true, "person": "sam"}]
	own_key.findings == set() with input as of_machine(agreed, "decide", 2)
}

test_a_key_that_needs_no_vote_is_not_its_holders_to_bring if {
	asked := of_machine([{"classes": [], "known": true, "person": "ci"}], "decide", 2)
	own_key.findings == {alone("decide")} with input as asked
}

test_a_key_that_needs_no_vote_and_was_there_before_will_do if {
	before := {"keys": [{"name": "ci", "purpose": "decide"}]}
	asked := object.union(of_machine([], "decide", 2), {"change": {"before": {"spec": before}}})
	own_key.findings == set() with input as asked
}

test_of_a_persons_key_the_person_is_the_holder if {
	agreed := [{"classes": [], "known": true, "person": "sam"}]
	keys := [{"name": "laptop", "person": "sam", "purpose": "decide"}]
	asked := object.union(of_machine(agreed, "decide", 2), {"subject": {"resource": {"spec": {"keys": keys}}}})
	{finding.code | some finding in own_key.findings} == {"alone"} with input as asked
}

test_a_second_root_is_found_where_there_are_approvers if {
	own_key.findings == {
		{
			"code": "own",
			"path": ["spec", "keys", 1],
			"params": {"name": "ada-approve", "person": "ada"},
		},
		finding("sam-approve", "sam"),
	} with input as second_root(2)
}

test_a_first_root_has_nobody_to_ask if own_key.findings == set() with input as second_root(0)

test_an_identity_that_may_approve_is_found if {
	own_key.findings == {finding_elsewhere} with input as identity([], "approve")
}

test_an_identity_that_only_writes_will_do if {
	own_key.findings == set() with input as identity([], "author")
}

test_an_identity_that_was_there_before_will_do if {
	own_key.findings == set() with input as identity(
		[{
			"issuer": "https://github.com",
			"name": "ada",
			"purposes": ["approve"],
			"roles": ["platform"],
			"subject": "ada",
		}],
		"approve",
	)
}

test_an_approval_by_its_holder_is_none if {
	own_key.findings == {finding("ada-approve", "sam")} with input as held("sam")
}

test_an_approval_by_neither_author_nor_holder_will_do if {
	own_key.findings == set() with input as held("ada")
}

test_an_identity_that_nobody_vouches_for_is_found if {
	own_key.findings == {finding_elsewhere} with input as identities(2)
}

test_an_identity_where_there_was_nobody_to_ask_will_do if {
	own_key.findings == set() with input as identities(0)
}

test_a_key_that_was_there_before_will_do if {
	before := {"keys": [{"name": "ada-approve", "person": "ada", "purpose": "approve"}]}
	asked := object.union(root([], "ada", "approve"), {"change": {"before": {"spec": before}}})
	own_key.findings == set() with input as asked
}

test_an_identity_that_somebody_vouches_for_will_do if {
	facts := {
		"approvals": [{"classes": [], "known": true, "person": "sam"}],
		"authors": [{"email": "ada@example.com", "person": "ada"}],
	}
	own_key.findings == set() with input as object.union(identity([], "approve"), {"facts": facts})
}
