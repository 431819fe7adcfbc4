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
