package controlplane.packs.stable_in_production_test

import data.controlplane.packs.stable_in_production

with_stage(stage) := {
	"references": {
		"Pack": {"retrieval@1.3.0": {"spec": {"lifecycle": {"stage": stage}}}},
		"PackLock": {"acme": {"spec": {"environments": {"prod": {
			"packs": [{"name": "retrieval", "version": "1.3.0"}],
		}}}}},
	},
	"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

with_environment(environment, placements_environment) := {
	"references": {"Environment": {"staging": {"spec": {"tier": "staging"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"packs": [{"channel": "preview", "environments": {}, "name": "retrieval"}],
			"placements": [{"environment": environment}, {"environment": placements_environment}],
		}},
	},
}

with_channel(channel) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"packs": [{
			"channel": "stable",
			"environments": {"prod": {"channel": channel}},
			"name": "retrieval",
		}],
		"placements": [{"environment": "prod"}],
	}},
}}

lock(name) := {
	"references": {
		"Pack": {"retrieval@1.3.0": {"spec": {"lifecycle": {"stage": "preview"}}}},
		"PackLock": {"acme": {"spec": {"environments": {"prod": {
			"packs": [{"name": "retrieval", "version": "1.3.0"}],
		}}}}},
	},
	"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": name}]}}},
}

preview_finding := {
	"code": "preview",
	"path": ["spec", "packs", 0],
	"params": {"environment": "prod", "pack": "retrieval", "tenant": "acme", "version": "1.3.0"},
}

channel_finding(environment) := {
	"code": "channel",
	"path": ["spec", "packs", 0],
	"params": {"environment": environment, "pack": "retrieval", "tenant": "acme", "version": ""},
}

test_a_preview_in_production_is_found if {
	stable_in_production.findings == {preview_finding} with input as with_stage("preview")
}

test_a_deprecated_version_will_do if {
	stable_in_production.findings == set() with input as with_stage("deprecated")
}

test_the_preview_channel_in_production_is_found if {
	asked := with_environment("staging", "prod")
	stable_in_production.findings == {channel_finding("prod")} with input as asked
}

test_the_preview_channel_in_staging_will_do if {
	stable_in_production.findings == set() with input as with_environment("staging", "staging")
}

test_an_environment_that_nobody_knows_counts_as_production if {
	asked := with_environment("stagíng", "staging")
	stable_in_production.findings == {channel_finding("stagíng")} with input as asked
}

test_the_preview_channel_for_production_alone_is_found if {
	stable_in_production.findings == {channel_finding("prod")} with input as with_channel("preview")
}

test_the_stable_channel_for_production_will_do if {
	stable_in_production.findings == set() with input as with_channel("stable")
}

test_a_preview_that_production_is_locked_to_is_found if {
	stable_in_production.findings == {preview_finding} with input as lock("retrieval")
}

test_a_preview_of_another_pack_is_none_of_its if {
	stable_in_production.findings == set() with input as lock("etl")
}

test_a_preview_that_staging_is_locked_to_will_do if {
	staging := {"references": {
		"Environment": {"staging": {"spec": {"tier": "staging"}}},
		"Pack": {"retrieval@1.3.0": {"spec": {"lifecycle": {"stage": "preview"}}}},
		"PackLock": {"acme": {"spec": {"environments": {"staging": {"packs": [{
			"name": "retrieval",
			"version": "1.3.0",
		}]}}}}},
	}}
	tenant := {"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": "retrieval"}]}}}}
	stable_in_production.findings == set() with input as object.union(staging, tenant)
}
