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
