package controlplane.packs.downgrade_test

import data.controlplane.packs.downgrade

# This is found; each test changes something.
pack_lock := {
	"change": {"before": {"spec": {"environments": {"prod": {
		"packs": [{"name": "retrieval", "version": "2.0.0"}],
	}}}}},
	"references": {"Environment": {"prod": {"spec": {"tier": "production"}}}},
	"subject": {
		"name": "acme",
		"resource": {"spec": {"environments": {"prod": {"packs": [{
			"name": "retrieval",
			"version": "1.3.0",
		}]}}}},
	},
}

changed(path, value) := json.patch(pack_lock, [{
	"op": "replace",
	"path": concat("/", ["/change/before/spec/environments/prod/packs/0", path]),
	"value": value,
}])

finding(before) := {
	"code": "older",
	"path": ["spec", "environments", "prod", "packs", 0, "version"],
	"params": {
		"before": before,
		"environment": "prod",
		"pack": "retrieval",
		"tenant": "acme",
		"version": "1.3.0",
	},
}

test_an_older_version_in_production_is_found if {
	downgrade.findings == {finding("2.0.0")} with input as pack_lock
}

test_another_pack_has_no_version_before if {
	downgrade.findings == set() with input as changed("name", "etl")
}

test_an_older_patch_is_found if {
	downgrade.findings == {finding("1.3.1")} with input as changed("version", "1.3.1")
}

test_numbers_are_compared_as_numbers if {
	downgrade.findings == {finding("1.10.0")} with input as changed("version", "1.10.0")
}

test_the_same_version_will_do if {
	downgrade.findings == set() with input as changed("version", "1.3.0")
}

test_one_that_goes_back_in_staging_will_do if {
	asked := json.patch(pack_lock, [{"op": "replace", "path": "/references/Environment/prod/spec/tier", "value": "staging"}])
	downgrade.findings == set() with input as asked
}
