package controlplane.change_control.fresh_approvals_test

import data.controlplane.change_control.fresh_approvals

change(approvals, count, fresh_for_seconds) := {
	"facts": {"approvals": [{"classes": [], "epochSeconds": approvals, "person": "sam"}]},
	"subject": {"resource": {"requirements": [{
		"count": count,
		"freshFor": "7d",
		"freshForSeconds": fresh_for_seconds,
		"name": "guarded",
		"roles": [],
		"source": "EvidenceContract/standard",
	}]}},
	"time": {"epochSeconds": 1795478400},
}

second(classes, role) := {
	"facts": {"approvals": [
		{"classes": [], "person": "sam", "role": "security"},
		{"classes": classes, "epochSeconds": 1795168800, "person": "kim", "role": role},
	]},
	"subject": {"resource": {"requirements": [{
		"count": 1,
		"freshFor": "7d",
		"freshForSeconds": 604800,
		"name": "guarded",
		"roles": ["security", "platform"],
		"source": "EvidenceContract/standard",
	}]}},
	"time": {"epochSeconds": 1795478400},
}

finding := {
	"code": "stale",
	"path": ["requirements", 0],
	"params": {"freshFor": "7d", "requirement": "guarded", "source": "EvidenceContract/standard"},
}

test_an_approval_as_old_as_it_may_get_is_found if {
	fresh_approvals.findings == {finding} with input as change(1794873600, 1, 604800)
}

test_a_second_before_that_it_will_do if {
	fresh_approvals.findings == set() with input as change(1794873601, 1, 604800)
}

test_a_requirement_that_asks_for_no_freshness_takes_any if {
	fresh_approvals.findings == set() with input as change(1794873600, 1, 0)
}

test_an_approval_that_is_missing_is_for_another_rule if {
	fresh_approvals.findings == set() with input as change(1794873600, 2, 604800)
}

test_an_answer_holds_until_the_approval_is_stale if {
	fresh_approvals.valid_until == {1795478400} with input as change(1794873600, 1, 604800)
}

test_a_fresh_approval_of_another_class_does_not_help if {
	fresh_approvals.findings == {finding} with input as second(["budget"], "platform")
}

test_a_fresh_approval_in_another_role_does_not_help if {
	fresh_approvals.findings == {finding} with input as second([], "finance")
}

test_a_fresh_approval_of_it_does if {
	fresh_approvals.findings == set() with input as second([], "platform")
}
