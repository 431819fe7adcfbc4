package controlplane.change_control.review_overdue_test

import data.controlplane.change_control.review_overdue

change(time) := {
	"facts": {"reviews": [{
		"claimedBy": ["sam"],
		"commit": "fedcba987654",
		"due": {"epochSeconds": 1795478400, "text": "2026-11-24T00:00:01Z"},
		"tree": "0123456789ab",
	}]},
	"time": {"epochSeconds": time},
}

test_a_review_that_is_due_now_is_found if {
	review_overdue.findings == {{
		"code": "overdue",
		"path": ["requirements"],
		"params": {"commit": "fedcba987654", "due": "2026-11-24T00:00:01Z", "people": "sam"},
	}} with input as change(1795478400)
}

test_a_review_of_no_known_commit_is_named_by_its_tree if {
	recorded := json.remove(change(1795478400), ["facts/reviews/0/commit"])
	{finding.params.commit | some finding in review_overdue.findings} == {"0123456789ab"} with input as recorded
}

test_a_second_is_left_to_review if {
	review_overdue.findings == set() with input as change(1795478399)
}

test_an_answer_holds_until_the_review_is_due if {
	review_overdue.valid_until == {1795478400} with input as change(1795478399)
}
