package controlplane.tenancy.removed_in_order_test

import data.controlplane.tenancy.removed_in_order

moment(seconds) := {"text": "a day", "epochSeconds": seconds}

# Every field has both dates, so that only the path says which of them counts.
old := {"purgeAfter": moment(100), "legalHolds": [{"matter": "a", "until": moment(200)}]}

change(operation, path) := {
	"subject": {"name": "change", "resource": {"subjects": [{
		"kind": "Tenant",
		"name": "acme",
		"operation": operation,
		"fields": [{"path": path, "old": old}],
	}]}},
	"time": {"epochSeconds": 50},
}

test_until_it_may_be_purged if {
	removed_in_order.valid_until == {100} with input as change("delete", ["spec", "lifecycle"])
}

test_until_a_hold_ends if {
	removed_in_order.valid_until == {200} with input as change("delete", ["spec", "data"])
}

test_nothing_else if {
	removed_in_order.valid_until == set() with input as change("delete", ["spec", "quotas"])
	removed_in_order.valid_until == set() with input as change("update", ["spec", "lifecycle"])
}

# Nothing is found in it; each test changes something.
whole_change := {
	"subject": {"resource": {"subjects": [{
		"fields": [
			{
				"old": {"legalHolds": [{
					"matter": "LG-31",
					"until": {"epochSeconds": 1790812800},
				}]},
				"path": ["spec", "data"],
			},
			{"old": {"purgeAfter": {"epochSeconds": 1793491200}}, "path": ["spec", "lifecycle"]},
		],
		"kind": "Tenant",
		"name": "acme",
		"operation": "delete",
	}]}},
	"time": {"epochSeconds": 1795255200},
}

changed(path, value) := json.patch(whole_change, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/subjects/0/fields", path]),
	"value": value,
}])

removed(path) := json.patch(whole_change, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/subjects/0/fields", path]),
}])

not_due_finding := {"code": "not-due", "path": ["subjects", 0], "params": {"tenant": "acme"}}

held_finding := {
	"code": "held",
	"path": ["subjects", 0],
	"params": {"matter": "LG-31", "tenant": "acme"},
}

test_a_tenant_that_is_not_due_is_found if {
	asked := changed("1/old/purgeAfter/epochSeconds", 1795341600)
	removed_in_order.findings == {not_due_finding} with input as asked
}

test_a_tenant_that_is_due_in_a_second_is_found if {
	asked := changed("1/old/purgeAfter/epochSeconds", 1795255201)
	removed_in_order.findings == {not_due_finding} with input as asked
}

test_a_tenant_that_is_due_now_will_do if {
	removed_in_order.findings == set() with input as changed("1/old/purgeAfter/epochSeconds", 1795255200)
}

test_a_hold_that_ends_in_a_second_is_found if {
	asked := changed("0/old/legalHolds/0/until/epochSeconds", 1795255201)
	removed_in_order.findings == {held_finding} with input as asked
}

test_a_hold_that_has_ended_will_do if {
	removed_in_order.findings == set() with input as whole_change
}

test_an_active_tenant_that_is_removed_is_found if {
	removed_in_order.findings == {not_due_finding} with input as removed("1/old/purgeAfter")
}

test_an_active_tenant_that_changes_will_do if {
	asked := json.patch(whole_change, [
		{"op": "replace", "path": "/subject/resource/subjects/0/operation", "value": "update"},
		{"op": "remove", "path": "/subject/resource/subjects/0/fields/1/old/purgeAfter"},
	])
	removed_in_order.findings == set() with input as asked
}

test_a_waiver_that_goes_is_another_matter if {
	asked := json.patch(whole_change, [
		{"op": "replace", "path": "/subject/resource/subjects/0/kind", "value": "Waiver"},
		{"op": "remove", "path": "/subject/resource/subjects/0/fields/1/old/purgeAfter"},
	])
	removed_in_order.findings == set() with input as asked
}

test_a_hold_on_the_data_of_a_tenant_that_goes_is_found if {
	removed_in_order.findings == {held_finding} with input as removed("0/old/legalHolds/0/until")
}

test_a_hold_elsewhere_is_none_of_it if {
	asked := json.patch(whole_change, [
		{
			"op": "replace",
			"path": "/subject/resource/subjects/0/fields/0/path/1",
			"value": "archive",
		},
		{"op": "remove", "path": "/subject/resource/subjects/0/fields/0/old/legalHolds/0/until"},
	])
	removed_in_order.findings == set() with input as asked
}

test_a_date_that_stands_elsewhere_is_none if {
	removed_in_order.findings == {not_due_finding} with input as changed("1/path/1", "lifeCycle")
}
