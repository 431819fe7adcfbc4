package controlplane.engines.quota_fits_test

import data.controlplane.engines.quota_fits

tenant(milli, gpus, bytes) := {
	"references": {"Cluster": {
		"eu-dev": {"spec": {"limits": {
			"accelerators": 4,
			"cpu": {"milli": 64000},
			"memory": {"bytes": 1073741824},
		}}},
		"eu-west-1": {"spec": {"limits": {
			"accelerators": 4,
			"cpu": {"milli": 64000},
			"memory": {"bytes": 1073741824},
		}}},
	}},
	"subject": {"resource": {"spec": {
		"placements": [{"target": "eu-dev"}, {"target": "eu-west-1"}],
		"quotas": {"cpu": {"milli": milli}, "gpus": gpus, "memory": {"bytes": bytes}},
	}}},
}

limits(spec_limits) := {
	"references": {"Cluster": {"eu-west-1": {"spec": {"limits": spec_limits}}}},
	"subject": {"resource": {"spec": {
		"placements": [{"target": "eu-west-1"}],
		"quotas": {"gpus": 4},
	}}},
}

with_isolation(isolation) := {"subject": {"resource": {"spec": {
	"placements": [{"isolation": isolation, "target": "eu-west-1"}],
	"quotas": {"cpu": "unlimited"},
}}}}

more_finding(index, resource, target) := {
	"code": "more",
	"path": ["spec", "placements", index, "target"],
	"params": {"resource": resource, "target": target},
}

test_one_accelerator_more_than_there_are_is_found if {
	quota_fits.findings == {
		more_finding(0, "gpus", "eu-dev"),
		more_finding(1, "gpus", "eu-west-1"),
	} with input as tenant(64000, 5, 1073741824)
}

test_one_byte_more_than_there_are_is_found if {
	quota_fits.findings == {
		more_finding(0, "memory", "eu-dev"),
		more_finding(1, "memory", "eu-west-1"),
	} with input as tenant(64000, 4, 1073741825)
}

test_one_thousandth_of_a_core_more_than_there_is_is_found if {
	quota_fits.findings == {
		more_finding(0, "cpu", "eu-dev"),
		more_finding(1, "cpu", "eu-west-1"),
	} with input as tenant(64001, 4, 1073741824)
}

test_as_much_as_there_is_will_do if {
	quota_fits.findings == set() with input as tenant(64000, 4, 1073741824)
}

test_a_limit_that_nobody_knows_holds_nothing if {
	quota_fits.findings == {more_finding(0, "gpus", "eu-west-1")} with input as limits({})
}

test_a_target_without_a_limit_holds_anything if {
	quota_fits.findings == set() with input as limits({"accelerators": "unlimited"})
}

test_no_limit_on_a_target_that_is_shared_is_found if {
	quota_fits.findings == {{
		"code": "unlimited",
		"path": ["spec", "placements", 0, "target"],
		"params": {"resource": "cpu", "target": "eu-west-1"},
	}} with input as with_isolation("namespace")
}

test_no_limit_on_a_target_of_its_own_will_do if {
	quota_fits.findings == set() with input as with_isolation("dedicated")
}
