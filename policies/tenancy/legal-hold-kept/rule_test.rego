package controlplane.tenancy.legal_hold_kept_test

import data.controlplane.tenancy.legal_hold_kept

# A hold without an end holds for ever.
test_until_each_hold_ends if {
	legal_hold_kept.valid_until == {100, 200} with input as {
		"change": {"before": {"spec": {"data": {"legalHolds": [
			{"matter": "a", "until": {"text": "a day", "epochSeconds": 100}},
			{"matter": "b", "until": {"text": "another day", "epochSeconds": 200}},
			{"matter": "c"},
		]}}}},
		"subject": {"name": "acme", "resource": {"spec": {"data": {"legalHolds": []}}}},
		"time": {"epochSeconds": 50},
	}
}
