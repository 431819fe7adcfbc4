package controlplane.tenancy.plan_entitlements_test

import data.controlplane.tenancy.plan_entitlements

with_isolation(isolation) := {
	"references": {"PricePlan": {"growth-2026": {
		"metadata": {"name": "growth-2026"},
		"spec": {"entitlements": {"isolation": ["shared", "namespace"]}},
	}}},
	"subject": {"name": "acme", "resource": {"spec": {"placements": [{"isolation": isolation}]}}},
}

included(isolation) := {
	"references": {"PricePlan": {"growth-2026": {
		"metadata": {"name": "growth-2026"},
		"spec": {"entitlements": {"isolation": isolation}},
	}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"placements": [{"isolation": "dedicated"}]}},
	},
}

with_environments(entitlements) := {
	"references": {"PricePlan": {"growth-2026": {
		"metadata": {"name": "growth-2026"},
		"spec": {"entitlements": entitlements},
	}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"placements": [
			{"environment": "staging"},
			{"environment": "prod"},
		]}},
	},
}

with_tier(tier) := {
	"references": {"PricePlan": {"growth-2026": {
		"metadata": {"name": "growth-2026"},
		"spec": {"entitlements": {"support": ["standard", "premium"]}},
	}}},
	"subject": {"name": "acme", "resource": {"spec": {"support": {"tier": tier}}}},
}

support(entitlements_support) := {
	"references": {"PricePlan": {"growth-2026": {
		"metadata": {"name": "growth-2026"},
		"spec": {"entitlements": {"support": [entitlements_support, "premium"]}},
	}}},
	"subject": {"name": "acme", "resource": {"spec": {"support": {"tier": "standard"}}}},
}

isolation_finding := {
	"code": "isolation",
	"path": ["spec", "placements", 0, "isolation"],
	"params": {
		"count": 0,
		"included": "shared, namespace",
		"isolation": "dedicated",
		"plan": "growth-2026",
		"tenant": "acme",
		"tier": "",
	},
}

test_an_isolation_that_is_not_included_is_found if {
	plan_entitlements.findings == {isolation_finding} with input as with_isolation("dedicated")
}

test_an_isolation_that_is_included_will_do if {
	plan_entitlements.findings == set() with input as with_isolation("namespace")
}

test_what_its_plan_does_not_include_is_found if {
	plan_entitlements.findings == {isolation_finding} with input as included(["shared", "namespace"])
}

test_what_its_plan_includes_will_do if {
	plan_entitlements.findings == set() with input as included(["shared", "namespace", "dedicated"])
}

test_an_environment_too_many_is_found if {
	plan_entitlements.findings == {{
		"code": "environments",
		"path": ["spec", "placements"],
		"params": {
			"count": 2,
			"included": 1,
			"isolation": "",
			"plan": "growth-2026",
			"tenant": "acme",
			"tier": "",
		},
	}} with input as with_environments({"environments": 1})
}

test_as_many_as_are_included_will_do if {
	plan_entitlements.findings == set() with input as with_environments({"environments": 2})
}

test_a_plan_without_a_limit_includes_any if {
	plan_entitlements.findings == set() with input as with_environments({"environments": "unlimited"})
}

test_a_plan_that_says_nothing_includes_any if {
	plan_entitlements.findings == set() with input as with_environments({})
}

test_support_that_is_not_included_is_found if {
	plan_entitlements.findings == {{
		"code": "support",
		"path": ["spec", "support", "tier"],
		"params": {
			"count": 0,
			"included": "standard, premium",
			"isolation": "",
			"plan": "growth-2026",
			"tenant": "acme",
			"tier": "community",
		},
	}} with input as with_tier("community")
}

test_support_that_is_included_will_do if {
	plan_entitlements.findings == set() with input as with_tier("standard")
}

test_support_in_capital_letters_is_another if {
	plan_entitlements.findings == {{
		"code": "support",
		"path": ["spec", "support", "tier"],
		"params": {
			"count": 0,
			"included": "Standard, premium",
			"isolation": "",
			"plan": "growth-2026",
			"tenant": "acme",
			"tier": "standard",
		},
	}} with input as support("Standard")
}

test_the_support_that_the_plan_names_will_do if {
	plan_entitlements.findings == set() with input as support("standard")
}
