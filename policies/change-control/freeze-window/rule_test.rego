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

update(operation, facts) := {
	"change": {"classes": ["routine"], "operation": operation},
	"facts": facts,
	"subject": {"resource": {"spec": {"placements": [{"environment": "prod"}]}}},
	"time": {"frozen": [{
		"environment": "prod",
		"exempt": ["emergency"],
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

window(environment, exempt) := {
	"change": {"classes": ["routine"], "operation": "update"},
	"subject": {"resource": {"spec": {"placements": [{"environment": "prod"}]}}},
	"time": {"frozen": [{
		"environment": environment,
		"exempt": exempt,
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

claimed(exempt) := {
	"change": {"classes": ["routine"], "operation": "update"},
	"facts": {"emergency": true},
	"subject": {"resource": {"spec": {"placements": [{"environment": "prod"}]}}},
	"time": {"frozen": [{
		"environment": "prod",
		"exempt": exempt,
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

other(environment, kind) := {
	"subject": {"resource": {
		"blastRadius": {"environments": [environment]},
		"subjects": [{"classes": ["routine"], "kind": kind}],
	}},
	"time": {"frozen": [{
		"environment": "prod",
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

gone(kind) := {
	"subject": {"resource": {
		"blastRadius": {"environments": ["prod"]},
		"subjects": [{"classes": ["routine"], "kind": kind, "operation": "delete"}],
	}},
	"time": {"frozen": [{
		"environment": "prod",
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

files(class) := {
	"subject": {"resource": {
		"blastRadius": {"environments": ["prod"]},
		"files": [{"class": class}],
	}},
	"time": {"frozen": [{
		"environment": "prod",
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

lock(class) := {
	"subject": {"resource": {
		"blastRadius": {"environments": ["prod"]},
		"subjects": [{"classes": [class], "kind": "PackLock"}],
	}},
	"time": {"frozen": [{
		"environment": "prod",
		"exempt": ["emergency"],
		"name": "year end",
		"until": {"text": "2027-01-04T06:00:00Z"},
	}]},
}

finding(class) := {
	"code": "frozen",
	"path": ["blastRadius", "environments"],
	"params": {
		"class": class,
		"environment": "prod",
		"until": "2027-01-04T06:00:00Z",
		"window": "year end",
	},
}

finding_elsewhere := {
	"code": "frozen",
	"path": ["spec", "placements", 0, "environment"],
	"params": {
		"class": "routine",
		"environment": "prod",
		"until": "2027-01-04T06:00:00Z",
		"window": "year end",
	},
}

test_a_change_in_a_frozen_environment_is_found if {
	freeze_window.findings == {finding_elsewhere} with input as update("update", {})
}

test_no_emergency_is_no_excuse if {
	freeze_window.findings == {finding_elsewhere} with input as update("update", {"emergency": false})
}

test_an_emergency_that_the_window_exempts_may_change if {
	freeze_window.findings == set() with input as update("update", {"emergency": true})
}

test_a_tenant_that_does_not_change_is_left_alone if {
	freeze_window.findings == set() with input as update("none", {})
}

test_a_class_that_the_window_does_not_exempt_is_found if {
	freeze_window.findings == {finding_elsewhere} with input as window("prod", [])
}

test_a_class_that_the_window_exempts_may_change if {
	freeze_window.findings == set() with input as window("prod", ["routine"])
}

test_another_environment_may_change if {
	freeze_window.findings == set() with input as window("stagin", [])
}

test_an_emergency_that_the_window_does_not_exempt_is_found if {
	freeze_window.findings == {finding_elsewhere} with input as claimed([])
}

test_an_emergency_excuses_where_the_window_says_so if {
	freeze_window.findings == set() with input as claimed(["emergency"])
}

test_a_lock_of_a_frozen_environment_is_found if {
	freeze_window.findings == {finding("routine")} with input as other("prod", "PackLock")
}

test_a_lock_of_another_environment_will_do if {
	freeze_window.findings == set() with input as other("dev", "PackLock")
}

test_a_tenant_that_stays_has_its_own_answer if {
	freeze_window.findings == set() with input as other("prod", "Tenant")
}

test_a_tenant_that_goes_from_a_frozen_environment_is_found if {
	freeze_window.findings == {finding("routine")} with input as gone("Tenant")
}

test_a_price_that_goes_is_not_in_it if {
	freeze_window.findings == set() with input as gone("PricePlan")
}

test_a_template_that_a_frozen_environment_uses_is_found if {
	freeze_window.findings == {finding("security")} with input as files("security")
}

test_a_document_will_do if freeze_window.findings == set() with input as files("routine")

test_a_lock_of_no_exempt_class_is_found if {
	freeze_window.findings == {finding("routine")} with input as lock("routine")
}

test_a_lock_of_an_exempt_class_will_do if {
	freeze_window.findings == set() with input as lock("emergency")
}
