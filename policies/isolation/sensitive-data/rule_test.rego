package controlplane.isolation.sensitive_data_test

import data.controlplane.isolation.sensitive_data

with_tier(tier) := {
	"references": {"Environment": {"prod": {"spec": {"tier": tier}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"classes": [{"name": "health"}]},
			"placements": [{"environment": "prod", "isolation": "shared", "target": "eu-west-1"}],
		}},
	},
}

risk(level) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"placements": [{"environment": "prod", "isolation": "shared", "target": "eu-west-1"}],
		"risk": {"level": level},
	}},
}}

with_isolation(isolation) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"placements": [{"environment": "prod", "isolation": isolation, "target": "eu-west-1"}],
		"risk": {"level": "critical"},
	}},
}}

environments(environment) := {
	"references": {"Environment": environment},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"data": {"classes": [{"name": "health"}]},
			"placements": [{"environment": "dev", "isolation": "shared", "target": "eu-dev"}],
		}},
	},
}

shared_finding(environment, target) := {
	"code": "shared",
	"path": ["spec", "placements", 0, "isolation"],
	"params": {"environment": environment, "target": target, "tenant": "acme"},
}

test_sensitive_data_that_shares_a_namespace_in_production_is_found if {
	sensitive_data.findings == {shared_finding("prod", "eu-west-1")} with input as with_tier("production")
}

test_sensitive_data_in_staging_may_share_one if {
	sensitive_data.findings == set() with input as with_tier("staging")
}

test_a_tenant_at_high_risk_that_shares_a_namespace_is_found if {
	sensitive_data.findings == {shared_finding("prod", "eu-west-1")} with input as risk("high")
}

test_a_tenant_at_low_risk_may_share_one if {
	sensitive_data.findings == set() with input as risk("low")
}

test_a_tenant_at_critical_risk_without_a_target_of_its_own_is_found if {
	sensitive_data.findings == {{
		"code": "not-dedicated",
		"path": ["spec", "placements", 0, "isolation"],
		"params": {"environment": "prod", "target": "eu-west-1", "tenant": "acme"},
	}} with input as with_isolation("namespace")
}

test_a_target_of_its_own_will_do if {
	sensitive_data.findings == set() with input as with_isolation("dedicated")
}

test_an_environment_whose_tier_is_production_is_production if {
	asked := environments({"dev": {"spec": {"tier": "production"}}})
	sensitive_data.findings == {shared_finding("dev", "eu-dev")} with input as asked
}

test_an_environment_that_nobody_knows_counts_as_production if {
	sensitive_data.findings == {shared_finding("dev", "eu-dev")} with input as environments({})
}

test_a_development_may_share_a_namespace if {
	sensitive_data.findings == set() with input as environments({"dev": {"spec": {"tier": "development"}}})
}

test_a_tenant_at_critical_risk_needs_no_target_of_its_own_in_staging if {
	staging := {"references": {"Environment": {"prod": {"spec": {"tier": "staging"}}}}}
	sensitive_data.findings == set() with input as object.union(with_isolation("namespace"), staging)
}

test_internal_data_may_share_a_namespace_in_production if {
	internal := {"subject": {"resource": {"spec": {"data": {"classes": [{"name": "internal"}]}}}}}
	sensitive_data.findings == set() with input as object.union(with_tier("production"), internal)
}
