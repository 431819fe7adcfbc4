package controlplane.pricing.in_force_test

import data.controlplane.pricing.in_force

plan(operation, path) := {
	"change": {
		"before": {"spec": {"effectiveFrom": {"text": "a day", "epochSeconds": 100}}},
		"fields": [{"path": path}],
		"operation": operation,
	},
	"subject": {"name": "team", "resource": {"spec": {"effectiveFrom": {"text": "a day", "epochSeconds": 200}}}},
	"time": {"epochSeconds": 50},
}

# The answer ends where the plan that changes, or the new one, takes effect.
test_a_change if in_force.valid_until == {100} with input as plan("update", ["spec", "price"])

test_an_end if in_force.valid_until == set() with input as plan("update", ["spec", "effectiveUntil"])

test_a_label if in_force.valid_until == set() with input as plan("update", ["metadata", "labels"])

test_a_new_plan if in_force.valid_until == {200} with input as plan("create", ["metadata", "labels"])

path(fields_path, second_path) := {
	"change": {
		"before": {"spec": {"effectiveFrom": {"text": "2026-07-01T00:00:00Z"}}},
		"fields": [{"path": [fields_path, second_path]}],
	},
	"subject": {"name": "core-2027"},
}

now(time) := {
	"change": {
		"before": {"spec": {"effectiveFrom": {
			"epochSeconds": 1782864000,
			"text": "2026-07-01T00:00:00Z",
		}}},
		"fields": [{"path": ["spec", "marginFloor"]}],
	},
	"subject": {"name": "core-2027"},
	"time": {"epochSeconds": time},
}

backdated(time) := {
	"change": {"operation": "create"},
	"subject": {
		"name": "core-2027",
		"resource": {"spec": {"effectiveFrom": {
			"epochSeconds": 1782864000,
			"text": "2026-07-01T00:00:00Z",
		}}},
	},
	"time": {"epochSeconds": time},
}

with_operation(operation) := {
	"change": {"operation": operation},
	"subject": {
		"name": "core-2027",
		"resource": {"spec": {"effectiveFrom": {"text": "2026-07-01T00:00:00Z"}}},
	},
}

changed_finding(field, params_field) := {
	"code": "changed",
	"path": ["spec", field],
	"params": {"field": params_field, "plan": "core-2027", "since": "2026-07-01T00:00:00Z"},
}

backdated_finding := {
	"code": "backdated",
	"path": ["spec", "effectiveFrom"],
	"params": {"plan": "core-2027", "since": "2026-07-01T00:00:00Z"},
}

test_a_field_of_a_price_in_force_is_found if {
	asked := path("spec", "marginFloor")
	in_force.findings == {changed_finding("marginFloor", "spec.marginFloor")} with input as asked
}

test_a_field_that_only_looks_like_its_end_is_found if {
	asked := path("spec", "effectiveUntill")
	in_force.findings == {changed_finding("effectiveUntill", "spec.effectiveUntill")} with input as asked
}

test_its_end_will_do if in_force.findings == set() with input as path("spec", "effectiveUntil")

test_a_label_will_do if in_force.findings == set() with input as path("metadata", "labels")

test_a_change_in_the_second_it_takes_effect_is_found if {
	in_force.findings == {changed_finding("marginFloor", "spec.marginFloor")} with input as now(1782864000)
}

test_a_change_a_second_before_will_do if {
	in_force.findings == set() with input as now(1782863999)
}

test_a_new_price_from_the_past_is_found if {
	in_force.findings == {backdated_finding} with input as backdated(1782864000)
}

test_a_new_price_in_time_will_do if {
	in_force.findings == set() with input as backdated(1780315200)
}

test_a_new_price_that_has_begun_is_found if {
	in_force.findings == {backdated_finding} with input as with_operation("create")
}

test_a_price_that_does_not_change_may_have_begun if {
	in_force.findings == set() with input as with_operation("none")
}
