package controlplane.pricing.free_units_test

import data.controlplane.pricing.free_units

tier(price) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"meters": [{"name": "calls", "tiers": [{"price": {"micros": price}}]}]}},
}}

overage(price) := {"subject": {
	"name": "growth-2026",
	"resource": {"spec": {"meters": [{
		"name": "storage",
		"overage": {"price": {"micros": price}},
	}]}},
}}

test_a_tier_for_nothing_is_found if {
	free_units.findings == {{
		"code": "tier",
		"path": ["spec", "meters", 0, "tiers", 0, "price"],
		"params": {"meter": "calls", "plan": "growth-2026"},
	}} with input as tier(0)
}

test_a_tier_for_almost_nothing_will_do if free_units.findings == set() with input as tier(1)

test_what_goes_beyond_for_nothing_is_found if {
	free_units.findings == {{
		"code": "overage",
		"path": ["spec", "meters", 0, "overage", "price"],
		"params": {"meter": "storage", "plan": "growth-2026"},
	}} with input as overage(0)
}

test_what_goes_beyond_at_a_price_will_do if {
	free_units.findings == set() with input as overage(300000)
}
