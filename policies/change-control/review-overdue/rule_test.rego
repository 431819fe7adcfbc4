package controlplane.change_control.review_overdue_test

import data.controlplane.change_control.review_overdue

change(time) := {
	"facts": {"reviews": [{
		"claimedBy": ["sam"],
		"due": {"epochSeconds": 1795478400, "text": "2026-11-24T00:00:01Z"},
		"tree": "0123456789ab",
	}]},
	"time": {"epochSeconds": time},
}

test_a_review_that_is_due_now_is_found if {
	review_overdue.findings == {{
		"code": "overdue",
		"path": ["requirements"],
		"params": {"due": "2026-11-24T00:00:01Z", "people": "sam", "tree": "0123456789ab"},
	}} with input as change(1795478400)
}

test_a_second_is_left_to_review if {
	review_overdue.findings == set() with input as change(1795478399)
}

test_an_answer_holds_until_the_review_is_due if {
	review_overdue.valid_until == {1795478400} with input as change(1795478399)
}
