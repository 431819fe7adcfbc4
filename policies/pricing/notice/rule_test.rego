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

# This is found; each test changes something.
price_plan := {
	"change": {"operation": "create"},
	"subject": {
		"name": "growth-2027",
		"resource": {"spec": {
			"effectiveFrom": {"epochSeconds": 1796119200, "text": "2027-01-01T00:00:00Z"},
			"supersedes": "growth-2026",
		}},
	},
	"time": {"epochSeconds": 1795255200},
}

changed(path, value) := json.patch(price_plan, [{"op": "replace", "path": path, "value": value}])

removed(path) := json.patch(price_plan, [{"op": "remove", "path": path}])

finding := {
	"code": "short",
	"path": ["spec", "effectiveFrom"],
	"params": {
		"before": "growth-2026",
		"begins": "2027-01-01T00:00:00Z",
		"days": 30,
		"plan": "growth-2027",
	},
}

test_a_second_less_than_thirty_days_is_found if {
	asked := changed("/subject/resource/spec/effectiveFrom/epochSeconds", 1797847199)
	notice.findings == {finding} with input as asked with data.parameters.pricing.notice.days as 30
}

test_thirty_days_will_do if {
	asked := changed("/subject/resource/spec/effectiveFrom/epochSeconds", 1797847200)
	notice.findings == set() with input as asked with data.parameters.pricing.notice.days as 30
}

test_a_price_that_follows_another_too_soon_is_found if {
	notice.findings == {finding} with input as price_plan with data.parameters.pricing.notice.days as 30
}

test_a_price_that_follows_none_has_nobody_to_tell if {
	notice.findings == set() with input as removed("/subject/resource/spec/supersedes")
		with data.parameters.pricing.notice.days as 30
}

test_a_price_that_stands_is_another_matter if {
	notice.findings == set() with input as changed("/change/operation", "update")
		with data.parameters.pricing.notice.days as 30
}
