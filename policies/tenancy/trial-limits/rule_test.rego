package controlplane.tenancy.trial_limits_test

import data.controlplane.tenancy.trial_limits

ends(trial_ends) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"lifecycle": {
		"since": {"epochSeconds": 1793491200, "text": "2026-11-01T00:00:00Z"},
		"trialEnds": {"epochSeconds": trial_ends, "text": "2027-01-30T00:00:00Z"},
	}}},
}}

with_since(lifecycle) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"lifecycle": lifecycle}},
}}

with_stage(stage) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"lifecycle": {"since": {}, "stage": stage},
		"placements": [{"environment": "prod"}],
	}},
}}

with_environment(environment) := {
	"references": {"Environment": {"dev": {"spec": {"tier": "development"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"lifecycle": {"since": {}, "stage": "trial"},
			"placements": [{"environment": environment}],
		}},
	},
}

undated(stage) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"lifecycle": {"stage": stage}}},
}}

undated_finding := {"code": "undated", "path": ["spec", "lifecycle"], "params": {"tenant": "acme"}}

test_a_second_more_than_the_limit_is_found if {
	trial_limits.findings == {{
		"code": "long",
		"path": ["spec", "lifecycle", "trialEnds"],
		"params": {
			"ends": "2027-01-30T00:00:00Z",
			"most": 90,
			"since": "2026-11-01T00:00:00Z",
			"tenant": "acme",
		},
	}} with input as ends(1801267201) with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_the_last_second_will_do if {
	trial_limits.findings == set() with input as ends(1801267200)
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_trial_without_a_beginning_is_found if {
	trial_limits.findings == {undated_finding} with input as with_since({"stage": "trial"})
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_trial_with_a_beginning_will_do if {
	trial_limits.findings == set() with input as with_since({
		"since": {"epochSeconds": 1793491200, "text": "2026-11-01T00:00:00Z"},
		"stage": "trial",
	})
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_trial_in_production_is_found if {
	trial_limits.findings == {{
		"code": "production",
		"path": ["spec", "placements", 0, "environment"],
		"params": {"environment": "prod", "tenant": "acme"},
	}} with input as with_stage("trial") with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_an_active_tenant_in_production_will_do if {
	trial_limits.findings == set() with input as with_stage("active")
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_suspended_tenant_in_production_will_do if {
	trial_limits.findings == set() with input as with_stage("suspended")
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_an_environment_that_nobody_knows_counts_as_production if {
	trial_limits.findings == {{
		"code": "production",
		"path": ["spec", "placements", 0, "environment"],
		"params": {"environment": "Dev", "tenant": "acme"},
	}} with input as with_environment("Dev") with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_trial_in_development_will_do if {
	trial_limits.findings == set() with input as with_environment("dev")
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_a_trial_that_says_no_beginning_is_found if {
	trial_limits.findings == {undated_finding} with input as undated("trial")
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}

test_an_active_tenant_need_not_say_it if {
	trial_limits.findings == set() with input as undated("active")
		with data.parameters.tenancy.trial_limits.maximumDays as 90
}
