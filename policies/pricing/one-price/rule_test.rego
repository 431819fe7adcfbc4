package controlplane.pricing.one_price_test

import data.controlplane.pricing.one_price

ends(effective_until) := {
	"references": {"PricePlan": {
		"growth-2026": {"spec": {"effectiveUntil": {"epochSeconds": effective_until}}},
		"growth-2027": {"spec": {"effectiveFrom": {"epochSeconds": 1798761600}}},
	}},
	"subject": {"name": "acme"},
}

ended(spec) := {
	"references": {"PricePlan": {
		"growth-2026": {"spec": spec},
		"growth-2027": {"spec": {"effectiveFrom": {"epochSeconds": 1798761600}}},
	}},
	"subject": {"name": "acme"},
}

named(spec) := {
	"references": {"PricePlan": {"growth-2026": {}, "growth-2027": {}}},
	"subject": {"name": "acme", "resource": {"spec": spec}},
}

none(spec) := {"references": {}, "subject": {"name": "acme", "resource": {"spec": spec}}}

order(effective_from, spec) := {
	"references": {"PricePlan": {
		"growth-2026": {"spec": {"effectiveFrom": {"epochSeconds": effective_from}}},
		"growth-2027": {"spec": spec},
	}},
	"subject": {"name": "acme"},
}

two_finding := {
	"code": "two",
	"path": ["spec", "plan"],
	"params": {"one": "growth-2026", "other": "growth-2027", "tenant": "acme"},
}

test_a_second_of_both_prices_is_found if {
	one_price.findings == {two_finding} with input as ends(1798761601)
}

test_one_price_in_the_second_that_the_other_ends_will_do if {
	one_price.findings == set() with input as ends(1798761600)
}

test_two_prices_without_an_end_are_found if {
	one_price.findings == {two_finding} with input as ended({})
}

test_an_end_of_the_first_will_do if {
	one_price.findings == set() with input as ended({"effectiveUntil": {"epochSeconds": 1798761600}})
}

test_two_prices_of_which_none_is_named_are_found if {
	one_price.findings == {two_finding} with input as named({})
}

test_one_of_them_that_is_named_will_do if {
	one_price.findings == set() with input as named({"pricePlan": "growth-2026"})
}

test_no_price_is_found if {
	one_price.findings == {{
		"code": "none",
		"path": ["spec"],
		"params": {"plan": "growth", "tenant": "acme"},
	}} with input as none({"placements": [{}], "plan": "growth"})
}

test_a_price_that_is_named_is_for_another_rule if {
	asked := none({"placements": [{}], "plan": "growth", "pricePlan": "growth-2026"})
	one_price.findings == set() with input as asked
}

test_who_runs_nothing_needs_none if {
	one_price.findings == set() with input as none({"placements": [], "plan": "growth"})
}

test_two_at_once_are_found_in_any_order if {
	one_price.findings == {two_finding} with input as order(1767225600, {})
}

test_the_later_one_may_come_first if {
	asked := order(1900000000, {"effectiveUntil": {"epochSeconds": 1900000000}})
	one_price.findings == set() with input as asked
}

test_the_only_price_of_its_plan_need_not_be_named if {
	priced := {"references": {"PricePlan": {"growth-2026": {}}}}
	asked := object.union(none({"placements": [{}], "plan": "growth"}), priced)
	one_price.findings == set() with input as asked
}
