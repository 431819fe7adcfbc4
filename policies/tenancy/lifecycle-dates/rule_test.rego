package controlplane.tenancy.lifecycle_dates_test

import data.controlplane.tenancy.lifecycle_dates

tenant(stage) := {
	"subject": {"name": "acme", "resource": {"spec": {"lifecycle": {
		"stage": stage,
		"trialEnds": {"text": "a day", "epochSeconds": 100},
		"purgeAfter": {"text": "another day", "epochSeconds": 200},
	}}}},
	"time": {"epochSeconds": 50},
}

# Only the date of the stage it is in ends the answer.
test_a_trial if lifecycle_dates.valid_until == {100} with input as tenant("trial")

test_leaving if lifecycle_dates.valid_until == {200} with input as tenant("leaving")

test_active if lifecycle_dates.valid_until == set() with input as tenant("active")

now(time) := {
	"subject": {
		"name": "acme",
		"resource": {"spec": {"lifecycle": {
			"stage": "trial",
			"trialEnds": {"epochSeconds": 1782864000, "text": "2026-07-01T00:00:00Z"},
		}}},
	},
	"time": {"epochSeconds": time},
}

with_stage(stage) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"lifecycle": {
		"purgeAfter": {"text": "2026-07-01T00:00:00Z"},
		"stage": stage,
	}}},
}}

dates(trial_ends) := {
	"subject": {
		"name": "acme",
		"resource": {"spec": {"lifecycle": {"stage": "trial", "trialEnds": trial_ends}}},
	},
	"time": {"epochSeconds": 1780315200},
}

trial(stage) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"lifecycle": {
		"stage": stage,
		"trialEnds": {"text": "2026-07-01T00:00:00Z"},
	}}},
}}

leaving(time) := {
	"subject": {
		"name": "acme",
		"resource": {"spec": {"lifecycle": {
			"purgeAfter": {"epochSeconds": 1782864000, "text": "2026-07-01T00:00:00Z"},
			"stage": "leaving",
		}}},
	},
	"time": {"epochSeconds": time},
}

trial_over_finding(date) := {
	"code": "trial-over",
	"path": ["spec", "lifecycle", "trialEnds"],
	"params": {"date": date, "tenant": "acme"},
}

purge_due_finding := {
	"code": "purge-due",
	"path": ["spec", "lifecycle", "purgeAfter"],
	"params": {"date": "2026-07-01T00:00:00Z", "tenant": "acme"},
}

test_a_trial_that_ends_now_is_over if {
	lifecycle_dates.findings == {trial_over_finding("2026-07-01T00:00:00Z")} with input as now(1782864000)
}

test_a_second_before_that_it_is_not if {
	lifecycle_dates.findings == set() with input as now(1782863999)
}

test_a_tenant_that_left_is_due_to_be_purged if {
	lifecycle_dates.findings == {purge_due_finding} with input as with_stage("leaving")
}

test_an_active_tenant_is_not if {
	lifecycle_dates.findings == set() with input as with_stage("active")
}

test_a_trial_without_a_moment_is_over if {
	lifecycle_dates.findings == {trial_over_finding("never")} with input as dates({"text": "never"})
}

test_a_trial_that_ends_later_is_not if {
	asked := dates({"epochSeconds": 1782864000, "text": "2026-07-01T00:00:00Z"})
	lifecycle_dates.findings == set() with input as asked
}

test_a_trial_past_its_end_is_over if {
	lifecycle_dates.findings == {trial_over_finding("2026-07-01T00:00:00Z")} with input as trial("trial")
}

test_a_suspended_tenant_may_be_past_it if {
	lifecycle_dates.findings == set() with input as trial("suspended")
}

test_a_purge_that_is_due_is_found if {
	lifecycle_dates.findings == {purge_due_finding} with input as leaving(1782950400)
}

test_a_purge_ahead_will_do if {
	lifecycle_dates.findings == set() with input as leaving(1780315200)
}
