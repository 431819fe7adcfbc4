package controlplane.change_control.freeze_window_test

import data.controlplane.change_control.freeze_window

time := {
	"frozen": [{"environment": "dev", "name": "move", "exempt": [], "until": {"epochSeconds": 200}}],
	"upcoming": [
		{"environment": "prod", "name": "year end", "exempt": ["emergency"], "from": {"epochSeconds": 300}},
		{"environment": "stage", "name": "audit", "exempt": [], "from": {"epochSeconds": 400}},
	],
}

tenant(operation, class, environments) := {
	"change": {"operation": operation, "classes": [class]},
	"subject": {"resource": {"spec": {"placements": [{"environment": name} | some name in environments]}}},
	"time": time,
}

change(class, environments) := {
	"change": {"operation": "none", "classes": []},
	"subject": {"resource": {
		"blastRadius": {"environments": environments},
		"files": [],
		"subjects": [{"kind": "Pack", "operation": "update", "classes": [class]}],
	}},
	"time": time,
}

# An answer holds until a window turns that has a say in it, and no other.
test_a_tenant_until_its_windows_turn if {
	asked := tenant("update", "routine", ["dev", "prod"])
	freeze_window.valid_until == {200, 300} with input as asked
}

test_a_tenant_elsewhere if {
	freeze_window.valid_until == set() with input as tenant("update", "routine", ["test"])
}

test_a_tenant_that_does_not_change if {
	freeze_window.valid_until == set() with input as tenant("none", "routine", ["dev", "prod"])
}

test_a_tenant_of_an_exempt_class if {
	freeze_window.valid_until == set() with input as tenant("update", "emergency", ["prod"])
}

test_a_change_until_its_windows_turn if {
	freeze_window.valid_until == {200, 300} with input as change("routine", ["dev", "prod"])
}

test_a_change_elsewhere if {
	freeze_window.valid_until == set() with input as change("routine", ["test"])
}

test_a_change_of_an_exempt_class if {
	freeze_window.valid_until == set() with input as change("emergency", ["prod"])
}
