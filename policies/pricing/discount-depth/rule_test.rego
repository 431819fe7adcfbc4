package controlplane.pricing.discount_depth_test

import data.controlplane.pricing.discount_depth

plan(basis_points) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"discounts": [
		{"percent": {"basisPoints": 800}},
		{"percent": {"basisPoints": basis_points}},
	]}},
}}

test_discounts_that_together_go_too_deep_are_found if {
	discount_depth.findings == {{
		"code": "deep",
		"path": ["spec", "discounts"],
		"params": {"most": 3000, "plan": "growth-2026", "sum": 4800},
	}} with input as plan(4000) with data.parameters.pricing.discount_depth.mostBasisPoints as 3000
}

test_a_hundredth_too_deep_is_found if {
	discount_depth.findings == {{
		"code": "deep",
		"path": ["spec", "discounts"],
		"params": {"most": 3000, "plan": "growth-2026", "sum": 3001},
	}} with input as plan(2201) with data.parameters.pricing.discount_depth.mostBasisPoints as 3000
}

test_as_deep_as_they_may_go_will_do if {
	discount_depth.findings == set() with input as plan(2200)
		with data.parameters.pricing.discount_depth.mostBasisPoints as 3000
}
