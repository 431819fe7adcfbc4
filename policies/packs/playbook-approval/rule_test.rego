package controlplane.packs.playbook_approval_test

import data.controlplane.packs.playbook_approval

roles(approval_roles) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"playbook": {"steps": [{
		"approval": {"roles": approval_roles},
		"name": "change",
	}]}}},
}}

with_independent(independent) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"playbook": {"steps": [{
		"approval": {"independent": independent},
		"name": "change",
	}]}}},
}}

step(playbook_step) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"playbook": {"steps": [playbook_step]}}},
}}

with_playbook(spec) := {"subject": {"name": "retrieval@1.3.0", "resource": {"spec": spec}}}

robot_finding := {
	"code": "robot",
	"path": ["spec", "playbook", "steps", 0, "approval"],
	"params": {"pack": "retrieval@1.3.0", "step": "change"},
}

nobody_finding := {
	"code": "nobody",
	"path": ["spec", "playbook", "steps"],
	"params": {"pack": "retrieval@1.3.0"},
}

test_a_robot_is_nobody if {
	playbook_approval.findings == {robot_finding} with input as roles(["robot"])
}

test_a_robot_among_people_is_found if {
	playbook_approval.findings == {robot_finding} with input as roles(["platform", "robot"])
}

test_an_approval_by_anybody_is_found if {
	playbook_approval.findings == {{
		"code": "anybody",
		"path": ["spec", "playbook", "steps", 0, "approval"],
		"params": {"pack": "retrieval@1.3.0", "step": "change"},
	}} with input as roles([])
}

test_people_in_a_role_will_do if {
	playbook_approval.findings == set() with input as roles(["compliance"])
}

test_an_approval_by_whoever_asks_is_found if {
	playbook_approval.findings == {{
		"code": "author",
		"path": ["spec", "playbook", "steps", 0, "approval"],
		"params": {"pack": "retrieval@1.3.0", "step": "change"},
	}} with input as with_independent(false)
}

test_an_approval_by_somebody_else_will_do if {
	playbook_approval.findings == set() with input as with_independent(true)
}

test_a_playbook_that_asks_nobody_is_found if {
	playbook_approval.findings == {nobody_finding} with input as step({})
}

test_a_playbook_that_asks_somebody_will_do if {
	playbook_approval.findings == set() with input as step({"approval": {}})
}

test_a_playbook_without_an_approval_is_found if {
	playbook_approval.findings == {nobody_finding} with input as with_playbook({"playbook": {}})
}

test_a_pack_without_a_playbook_asks_nobody if {
	playbook_approval.findings == set() with input as with_playbook({})
}
