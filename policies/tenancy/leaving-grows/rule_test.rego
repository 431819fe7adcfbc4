package controlplane.tenancy.leaving_grows_test

import data.controlplane.tenancy.leaving_grows

with_stage(stage) := {
	"change": {"before": {}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"lifecycle": {"stage": stage}, "packs": [{"name": "retrieval"}]}},
	},
}

placed(stage) := {
	"change": {"before": {}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"lifecycle": {"stage": stage},
			"placements": [{"environment": "prod", "target": "eu-west-1"}],
		}},
	},
}

before(environment) := {
	"change": {"before": {"spec": {"placements": [{
		"environment": environment,
		"target": "eu-west-1",
	}]}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"lifecycle": {"stage": "leaving"},
			"placements": [{"environment": "prod", "target": "eu-west-1"}],
		}},
	},
}

changing(change) := {
	"change": change,
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"lifecycle": {"stage": "leaving"},
			"placements": [{"environment": "prod", "target": "eu-west-1"}],
		}},
	},
}

placement_finding := {
	"code": "placement",
	"path": ["spec", "placements", 0],
	"params": {"stage": "leaving", "tenant": "acme", "where": "prod@eu-west-1"},
}

test_a_pack_for_a_tenant_that_leaves_is_found if {
	leaving_grows.findings == {{
		"code": "pack",
		"path": ["spec", "packs", 0],
		"params": {"stage": "leaving", "tenant": "acme", "where": "retrieval"},
	}} with input as with_stage("leaving")
}

test_a_pack_for_a_tenant_that_is_suspended_is_found if {
	leaving_grows.findings == {{
		"code": "pack",
		"path": ["spec", "packs", 0],
		"params": {"stage": "suspended", "tenant": "acme", "where": "retrieval"},
	}} with input as with_stage("suspended")
}

test_a_pack_for_an_active_tenant_will_do if {
	leaving_grows.findings == set() with input as with_stage("active")
}

test_a_pack_for_a_trial_will_do if {
	leaving_grows.findings == set() with input as with_stage("trial")
}

test_a_placement_of_a_tenant_that_leaves_is_found if {
	leaving_grows.findings == {placement_finding} with input as placed("leaving")
}

test_a_placement_of_an_active_tenant_will_do if {
	leaving_grows.findings == set() with input as placed("active")
}

test_another_environment_on_the_same_target_is_found if {
	leaving_grows.findings == {placement_finding} with input as before("dev")
}

test_the_same_environment_will_do if {
	leaving_grows.findings == set() with input as before("prod")
}

test_a_change_that_adds_a_placement_is_found if {
	leaving_grows.findings == {placement_finding} with input as changing({"before": {}})
}

test_a_tenant_that_does_not_change_will_do if {
	leaving_grows.findings == set() with input as changing({})
}

test_a_pack_that_it_had_will_do if {
	had := {"change": {"before": {"spec": {"packs": [{"name": "retrieval"}]}}}}
	leaving_grows.findings == set() with input as object.union(with_stage("leaving"), had)
}

test_a_pack_of_a_tenant_that_does_not_change_will_do if {
	asked := json.remove(with_stage("leaving"), ["/change/before"])
	leaving_grows.findings == set() with input as asked
}
