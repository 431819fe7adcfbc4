package controlplane.pricing.discount_approved_test

import data.controlplane.pricing.discount_approved

approval(discount) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"discounts": [discount]}},
}}

percent(basis_points) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"discounts": [{
		"name": "volume",
		"percent": {"basisPoints": basis_points},
	}]}},
}}

with_kind(kind) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"discounts": [{"approvedBy": {}, "kind": kind, "name": "launch"}]}},
}}

unapproved_finding(discount) := {
	"code": "unapproved",
	"path": ["spec", "discounts", 0],
	"params": {"discount": discount, "plan": "growth-2026"},
}

test_a_discount_that_nobody_approved_is_found if {
	asked := approval({"ends": {}, "kind": "promotion", "name": "launch"})
	discount_approved.findings == {unapproved_finding("launch")} with input as asked
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_one_that_somebody_approved_will_do if {
	discount_approved.findings == set() with input as approval({
		"approvedBy": {},
		"ends": {},
		"kind": "promotion",
		"name": "launch",
	})
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_more_than_is_earned_by_volume_is_given if {
	discount_approved.findings == {unapproved_finding("volume")} with input as percent(5000)
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_a_hundredth_more_is_given if {
	discount_approved.findings == {unapproved_finding("volume")} with input as percent(1001)
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_what_is_earned_by_volume_needs_no_approver if {
	discount_approved.findings == set() with input as percent(1000)
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_a_promotion_without_an_end_is_found if {
	discount_approved.findings == {{
		"code": "endless",
		"path": ["spec", "discounts", 0],
		"params": {"discount": "launch", "plan": "growth-2026"},
	}} with input as with_kind("promotion")
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}

test_a_commitment_without_an_end_will_do if {
	discount_approved.findings == set() with input as with_kind("commitment")
		with data.parameters.pricing.discount_approved.earnedBasisPoints as 1000
}
