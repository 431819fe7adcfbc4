package controlplane.tenancy.legal_hold_kept_test

import data.controlplane.tenancy.legal_hold_kept

# A hold without an end holds for ever.
test_until_each_hold_ends if {
	legal_hold_kept.valid_until == {100, 200} with input as {
		"change": {"before": {"spec": {"data": {"legalHolds": [
			{"matter": "a", "until": {"text": "a day", "epochSeconds": 100}},
			{"matter": "b", "until": {"text": "another day", "epochSeconds": 200}},
			{"matter": "c"},
		]}}}},
		"subject": {"name": "acme", "resource": {"spec": {"data": {"legalHolds": []}}}},
		"time": {"epochSeconds": 50},
	}
}

until(until_until) := {
	"change": {"before": {"spec": {"data": {"legalHolds": [{
		"matter": "LG-31",
		"until": {"epochSeconds": until_until},
	}]}}}},
	"subject": {"name": "acme"},
	"time": {"epochSeconds": 1795255200},
}

classes(legal_holds_classes) := {
	"change": {"before": {"spec": {"data": {"legalHolds": [{
		"classes": legal_holds_classes,
		"matter": "LG-31",
	}]}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"data": {"legalHolds": [{
			"classes": ["confidential"],
			"matter": "LG-31",
		}]}}},
	},
}

with_matter(matter) := {
	"change": {"before": {"spec": {"data": {"legalHolds": [{"matter": "LG-31"}]}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"data": {"legalHolds": [{"classes": [], "matter": matter}]}}},
	},
}

finding := {
	"code": "gone",
	"path": ["spec", "data", "legalHolds"],
	"params": {"matter": "LG-31", "tenant": "acme"},
}

test_a_hold_that_is_gone_is_found if {
	legal_hold_kept.findings == {finding} with input as until(1818201600)
}

test_a_second_before_its_end_is_found if {
	legal_hold_kept.findings == {finding} with input as until(1795255201)
}

test_a_hold_that_has_ended_may_go if {
	legal_hold_kept.findings == set() with input as until(1795255200)
}

test_a_hold_for_fewer_classes_is_found if {
	legal_hold_kept.findings == {finding} with input as classes(["confidential", "internal"])
}

test_a_hold_for_some_of_what_was_everything_is_found if {
	legal_hold_kept.findings == {finding} with input as classes([])
}

test_a_hold_for_as_many_classes_will_do if {
	legal_hold_kept.findings == set() with input as classes(["confidential"])
}

test_a_hold_in_another_matter_does_not_help if {
	legal_hold_kept.findings == {finding} with input as with_matter("LG-13")
}

test_a_hold_in_the_same_matter_will_do if {
	legal_hold_kept.findings == set() with input as with_matter("LG-31")
}
