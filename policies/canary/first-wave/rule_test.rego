package controlplane.canary.first_wave_test

import data.controlplane.canary.first_wave

canary_rule(level) := {
	"references": {"Tenant": {"tiny": {"spec": {"risk": {"level": level}}}}},
	"subject": {"name": "standard", "resource": {"spec": {"waves": [{"tenants": ["tiny"]}, {}]}}},
}

waves(spec_waves) := {
	"references": {"Tenant": {"tiny": {"spec": {"risk": {"level": "critical"}}}}},
	"subject": {"name": "standard", "resource": {"spec": {"waves": spec_waves}}},
}

named(tenant) := {
	"references": {"Tenant": {"tiny": {}}},
	"subject": {"name": "standard", "resource": {"spec": {"waves": [{"tenants": [tenant]}]}}},
}

grave_finding(level) := {
	"code": "grave",
	"path": ["spec", "waves", 0, "tenants", 0],
	"params": {"level": level, "rule": "standard", "tenant": "tiny"},
}

test_a_tenant_at_critical_risk_is_found if {
	first_wave.findings == {grave_finding("critical")} with input as canary_rule("critical")
}

test_a_tenant_at_high_risk_is_found if {
	first_wave.findings == {grave_finding("high")} with input as canary_rule("high")
}

test_a_tenant_at_medium_risk_will_do if {
	first_wave.findings == set() with input as canary_rule("medium")
}

test_a_critical_tenant_before_others_is_found if {
	first_wave.findings == {grave_finding("critical")} with input as waves([{"tenants": ["tiny"]}, {}])
}

test_one_wave_has_no_first if {
	first_wave.findings == set() with input as waves([{"tenants": ["tiny"]}])
}

test_a_tenant_that_nobody_knows_is_found if {
	first_wave.findings == {{
		"code": "unknown",
		"path": ["spec", "waves", 0, "tenants", 0],
		"params": {"level": "", "rule": "standard", "tenant": "nobody"},
	}} with input as named("nobody")
}

test_a_tenant_at_low_risk_will_do if first_wave.findings == set() with input as named("tiny")
