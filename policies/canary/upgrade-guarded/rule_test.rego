package controlplane.canary.upgrade_guarded_test

import data.controlplane.canary.upgrade_guarded

# This is found; each test changes something.
pack_lock := {
	"change": {"before": {"spec": {"environments": {"prod": {
		"packs": [{"name": "retrieval", "version": "1.2.0"}],
	}}}}},
	"references": {
		"Environment": {"prod": {"spec": {"tier": "production"}}},
		"Tenant": {"acme": {"spec": {"canaryRules": []}}},
	},
	"subject": {
		"name": "acme",
		"resource": {"spec": {
			"environments": {"prod": {"packs": [{"name": "retrieval", "version": "1.3.0"}]}},
			"tenant": "acme",
		}},
	},
}

changed(path, value) := json.patch(pack_lock, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(pack_lock, [{"op": "add", "path": path, "value": value}])

removed(path) := json.patch(pack_lock, [{"op": "remove", "path": path}])

finding := {
	"code": "unguarded",
	"path": ["spec", "environments", "prod", "packs", 0, "version"],
	"params": {"environment": "prod", "pack": "retrieval", "tenant": "acme", "version": "1.3.0"},
}

test_a_new_version_without_a_canary_rule_is_found if {
	upgrade_guarded.findings == {finding} with input as pack_lock
}

test_a_patch_is_a_new_version if {
	asked := changed("/change/before/spec/environments/prod/packs/0/version", "1.3.1")
	upgrade_guarded.findings == {finding} with input as asked
}

test_a_tenant_that_nobody_knows_has_no_canary_rule if {
	upgrade_guarded.findings == {finding} with input as removed("/references/Tenant/acme")
}

test_a_tenant_that_names_a_canary_rule_may_upgrade if {
	asked := added("/references/Tenant/acme/spec/canaryRules/0", "standard")
	upgrade_guarded.findings == set() with input as asked
}

test_a_new_version_in_staging_will_do if {
	asked := changed("/references/Environment/prod/spec/tier", "staging")
	upgrade_guarded.findings == set() with input as asked
}

test_a_pack_that_comes_is_no_new_version if {
	asked := changed("/change/before/spec/environments/prod/packs/0/name", "etl")
	upgrade_guarded.findings == set() with input as asked
}

test_the_same_version_will_do if {
	asked := changed("/change/before/spec/environments/prod/packs/0/version", "1.3.0")
	upgrade_guarded.findings == set() with input as asked
}
