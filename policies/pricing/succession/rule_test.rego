package controlplane.pricing.succession_test

import data.controlplane.pricing.succession

ends(effective_until) := {
	"references": {"PricePlan": {"growth-2026": {"spec": {
		"effectiveUntil": {"epochSeconds": effective_until, "text": "2027-01-01T00:00:00Z"},
	}}}},
	"subject": {
		"name": "growth-2027",
		"resource": {"spec": {
			"effectiveFrom": {"epochSeconds": 1798761600, "text": "2027-01-01T00:00:00Z"},
			"supersedes": "growth-2026",
		}},
	},
}

before(spec) := {
	"references": {"PricePlan": {"growth-2026": {"spec": spec}}},
	"subject": {
		"name": "growth-2027",
		"resource": {"spec": {
			"effectiveFrom": {"text": "2027-01-01T00:00:00Z"},
			"supersedes": "growth-2026",
		}},
	},
}

sold(spec) := {
	"references": {"PricePlan": {"growth-2026": {"spec": spec}}},
	"subject": {
		"name": "growth-2027",
		"resource": {"spec": {
			"currency": "EUR",
			"effectiveFrom": {"text": "2027-01-01T00:00:00Z"},
			"plan": "growth",
			"supersedes": "growth-2026",
		}},
	},
}

with_supersedes(spec) := {"subject": {"name": "growth-2027", "resource": {"spec": spec}}}

overlap_finding(ends) := {
	"code": "overlap",
	"path": ["spec", "effectiveFrom"],
	"params": {
		"before": "growth-2026",
		"begins": "2027-01-01T00:00:00Z",
		"ends": ends,
		"plan": "growth-2027",
	},
}

gap_finding := {
	"code": "gap",
	"path": ["spec", "effectiveFrom"],
	"params": {
		"before": "growth-2026",
		"begins": "2027-01-01T00:00:00Z",
		"ends": "2027-01-01T00:00:00Z",
		"plan": "growth-2027",
	},
}

other_finding := {
	"code": "other",
	"path": ["spec", "supersedes"],
	"params": {
		"before": "growth-2026",
		"begins": "2027-01-01T00:00:00Z",
		"ends": "",
		"plan": "growth-2027",
	},
}

test_a_price_that_ends_long_after_the_next_begins_is_found if {
	succession.findings == {overlap_finding("2027-01-01T00:00:00Z")} with input as ends(1800000000)
}

test_a_second_of_both_is_found if {
	succession.findings == {overlap_finding("2027-01-01T00:00:00Z")} with input as ends(1798761601)
}

test_a_long_time_without_a_price_is_found if {
	succession.findings == {gap_finding} with input as ends(1790000000)
}

test_a_second_without_a_price_is_found if {
	succession.findings == {gap_finding} with input as ends(1798761599)
}

test_one_that_begins_as_the_other_ends_will_do if {
	succession.findings == set() with input as ends(1798761600)
}

test_a_price_that_never_ends_is_found if {
	succession.findings == {overlap_finding("never")} with input as before({})
}

test_a_price_that_ends_will_do if {
	succession.findings == set() with input as before({"effectiveUntil": {
		"epochSeconds": 1798761600,
		"text": "2027-01-01T00:00:00Z",
	}})
}

test_another_plan_is_found if {
	asked := sold({"currency": "EUR", "effectiveUntil": {}, "plan": "core"})
	succession.findings == {other_finding} with input as asked
}

test_no_plan_in_particular_is_another if {
	succession.findings == {other_finding} with input as sold({"currency": "EUR", "effectiveUntil": {}})
}

test_another_currency_is_found if {
	asked := sold({"currency": "USD", "effectiveUntil": {}, "plan": "growth"})
	succession.findings == {other_finding} with input as asked
}

test_the_same_plan_in_the_same_currency_will_do if {
	asked := sold({"currency": "EUR", "effectiveUntil": {}, "plan": "growth"})
	succession.findings == set() with input as asked
}

test_a_price_that_nobody_knows_is_found if {
	succession.findings == {{
		"code": "unknown",
		"path": ["spec", "supersedes"],
		"params": {
			"before": "growth-2026",
			"begins": "2027-01-01T00:00:00Z",
			"ends": "",
			"plan": "growth-2027",
		},
	}} with input as with_supersedes({
		"effectiveFrom": {"text": "2027-01-01T00:00:00Z"},
		"supersedes": "growth-2026",
	})
}

test_a_first_price_follows_none if {
	asked := with_supersedes({"effectiveFrom": {"text": "2027-01-01T00:00:00Z"}})
	succession.findings == set() with input as asked
}
