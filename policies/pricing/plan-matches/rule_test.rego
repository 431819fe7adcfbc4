package controlplane.pricing.plan_matches_test

import data.controlplane.pricing.plan_matches

named(spec) := {
	"references": {"PricePlan": {"core-2026": {"spec": {}}}},
	"subject": {"name": "acme", "resource": {"spec": spec}},
}

price(plan) := {
	"references": {"PricePlan": {"core-2026": {"spec": {"plan": plan}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"plan": "growth", "pricePlan": "core-2026"}},
	},
}

anybody(spec) := {
	"references": {"PricePlan": {"core-2026": {"spec": spec}}},
	"subject": {"name": "acme", "resource": {"spec": {"plan": "core", "pricePlan": "core-2026"}}},
}

finding(plan, price) := {
	"code": "other-plan",
	"path": ["spec", "pricePlan"],
	"params": {"plan": plan, "price": price, "tenant": "acme"},
}

test_a_price_that_nobody_knows_is_found if {
	asked := named({"plan": "core", "pricePlan": "core-2025"})
	plan_matches.findings == {finding("core", "core-2025")} with input as asked
}

test_the_price_of_its_plan_will_do if {
	plan_matches.findings == set() with input as named({"plan": "core", "pricePlan": "core-2026"})
}

test_no_price_at_all_is_for_another_rule if {
	plan_matches.findings == set() with input as named({"plan": "core"})
}

test_the_price_of_another_plan_is_found if {
	plan_matches.findings == {finding("growth", "core-2026")} with input as price("core")
}

test_the_price_of_the_plan_it_has_will_do if {
	plan_matches.findings == set() with input as price("growth")
}

test_a_price_of_another_plan_is_found if {
	plan_matches.findings == {finding("core", "core-2026")} with input as anybody({"plan": "agency"})
}

test_a_price_for_no_plan_in_particular_will_do if {
	plan_matches.findings == set() with input as anybody({})
}
