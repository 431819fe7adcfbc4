package controlplane.pricing.notice_test

import data.controlplane.pricing.notice

plan(operation) := {
	"change": {"operation": operation},
	"subject": {"name": "next", "resource": {"spec": {
		"effectiveFrom": {"text": "a day", "epochSeconds": 10000000},
		"supersedes": "this",
	}}},
	"time": {"epochSeconds": 50},
}

# The notice is long enough until, and with, the second thirty days ahead.
test_a_plan_that_follows if {
	notice.valid_until == {(10000000 - (30 * 86400)) + 1} with input as plan("create")
		with data.parameters.pricing.notice.days as 30
}

test_a_plan_that_stands if {
	notice.valid_until == set() with input as plan("update")
		with data.parameters.pricing.notice.days as 30
}

test_a_plan_that_follows_none if {
	first := {
		"change": {"operation": "create"},
		"subject": {"name": "first", "resource": {"spec": {"effectiveFrom": {"text": "a day", "epochSeconds": 10000000}}}},
		"time": {"epochSeconds": 50},
	}
	notice.valid_until == set() with input as first with data.parameters.pricing.notice.days as 30
}
