package controlplane.canary.rolls_back_test

import data.controlplane.canary.rolls_back

canary_rule(tier, action) := {
	"references": {"Environment": {"prod": {"spec": {"tier": tier}}}},
	"subject": {
		"name": "standard",
		"resource": {"spec": {
			"onFailure": {"action": action},
			"subjects": {"environments": ["prod"]},
		}},
	},
}

everywhere(environments) := {
	"references": {"Environment": {"prod": {"spec": {"tier": "development"}}}},
	"subject": {
		"name": "standard",
		"resource": {"spec": {
			"onFailure": {"action": "pause"},
			"subjects": {"environments": environments},
		}},
	},
}

finding(environment) := {
	"code": "stays",
	"path": ["spec", "onFailure", "action"],
	"params": {"environment": environment, "rule": "standard"},
}

test_a_pause_in_production_is_found if {
	rolls_back.findings == {finding("prod")} with input as canary_rule("production", "pause")
}

test_a_pause_in_staging_will_do if {
	rolls_back.findings == set() with input as canary_rule("staging", "pause")
}

test_a_rollback_in_production_will_do if {
	rolls_back.findings == set() with input as canary_rule("production", "rollback")
}

test_a_rule_for_every_environment_is_for_production if {
	rolls_back.findings == {finding("production")} with input as everywhere([])
}

test_an_environment_that_nobody_knows_counts_as_production if {
	rolls_back.findings == {finding("production")} with input as everywhere(["production"])
}

test_a_rule_for_what_is_no_production_alone_may_pause if {
	rolls_back.findings == set() with input as everywhere(["prod"])
}
