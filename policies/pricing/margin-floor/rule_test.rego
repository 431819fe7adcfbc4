package controlplane.pricing.margin_floor_test

import data.controlplane.pricing.margin_floor

floor(basis_points) := {"subject": {
	"name": "core-2026",
	"resource": {"spec": {"marginFloor": {"basisPoints": basis_points, "text": "19.99%"}}},
}}

spec(resource_spec) := {"subject": {"name": "core-2026", "resource": {"spec": resource_spec}}}

test_a_hundredth_too_low_is_found if {
	margin_floor.findings == {{
		"code": "low",
		"path": ["spec", "marginFloor"],
		"params": {"floor": "19.99%", "minimum": 2000, "plan": "core-2026"},
	}} with input as floor(1999) with data.parameters.pricing.margin_floor.minimumBasisPoints as 2000
}

test_just_enough_will_do if {
	margin_floor.findings == set() with input as floor(2000)
		with data.parameters.pricing.margin_floor.minimumBasisPoints as 2000
}

test_no_floor_is_found if {
	margin_floor.findings == {{
		"code": "none",
		"path": ["spec"],
		"params": {"minimum": 2000, "plan": "core-2026"},
	}} with input as spec({}) with data.parameters.pricing.margin_floor.minimumBasisPoints as 2000
}

test_a_floor_will_do if {
	margin_floor.findings == set() with input as spec({"marginFloor": {"basisPoints": 2000, "text": "20%"}})
		with data.parameters.pricing.margin_floor.minimumBasisPoints as 2000
}
