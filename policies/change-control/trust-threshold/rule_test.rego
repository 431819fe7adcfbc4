package controlplane.change_control.trust_threshold_test

import data.controlplane.change_control.trust_threshold

with_threshold(threshold) := {
	"facts": {"approvals": [{"classes": [], "person": "sam"}]},
	"references": {"TrustRoot": {"meridian": {"spec": {
		"keys": [{"purpose": "approve"}],
		"threshold": threshold,
	}}}},
	"subject": {"resource": {"subjects": [{"kind": "TrustRoot", "name": "meridian"}]}},
}

people(person) := {
	"facts": {"approvals": [{"classes": [], "person": "sam"}, {"classes": [], "person": person}]},
	"references": {"TrustRoot": {"meridian": {"spec": {
		"keys": [{"purpose": "approve"}],
		"threshold": 2,
	}}}},
	"subject": {"resource": {"subjects": [{"kind": "TrustRoot", "name": "meridian"}]}},
}

root(purpose, name) := {
	"references": {"TrustRoot": {"meridian": {"spec": {
		"keys": [{"purpose": purpose}],
		"threshold": 2,
	}}}},
	"subject": {"resource": {"subjects": [{"kind": "TrustRoot", "name": name}]}},
}

with_kind(kind, name) := {
	"references": {"TrustRoot": {"meridian": {"spec": {
		"keys": [{"purpose": "approve"}],
		"threshold": 2,
	}}}},
	"subject": {"resource": {"subjects": [{"kind": kind, "name": name}]}},
}

finding(given, root) := {
	"code": "few",
	"path": ["subjects", 0],
	"params": {"given": given, "root": root, "threshold": 2},
}

test_one_hand_where_two_are_asked_is_found if {
	trust_threshold.findings == {finding(1, "meridian")} with input as with_threshold(2)
}

test_one_hand_where_one_is_asked_will_do if {
	trust_threshold.findings == set() with input as with_threshold(1)
}

test_the_same_person_twice_is_one_hand if {
	trust_threshold.findings == {finding(1, "meridian")} with input as people("sam")
}

test_two_people_are_two_hands if trust_threshold.findings == set() with input as people("kim")

test_a_root_that_comes_is_a_change_of_trust if {
	trust_threshold.findings == {finding(0, "second")} with input as root("approve", "second")
}

test_no_hand_at_all_is_found if {
	trust_threshold.findings == {finding(0, "meridian")} with input as root("approve", "meridian")
}

test_without_an_approver_there_is_nobody_to_ask if {
	trust_threshold.findings == set() with input as root("decide", "meridian")
}

test_a_trust_root_that_comes_is_found if {
	trust_threshold.findings == {finding(0, "second")} with input as with_kind("TrustRoot", "second")
}

test_a_tenant_that_comes_is_no_change_of_trust if {
	trust_threshold.findings == set() with input as with_kind("Tenant", "acme")
}
