package controlplane.packs.promotion_order_test

import data.controlplane.packs.promotion_order

# This is found; each test changes something.
tenant := {
	"references": {
		"Environment": {"prod": {"spec": {"after": "staging"}}},
		"PackLock": {"acme": {"spec": {"environments": {
			"prod": {"packs": [{"name": "retrieval", "version": "1.3.0"}]},
			"staging": {"packs": [{"name": "retrieval", "version": "1.2.0"}]},
		}}}},
	},
	"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

changed(path, value) := json.patch(tenant, [{
	"op": "replace",
	"path": concat("/", ["/references/PackLock/acme/spec/environments/staging/packs/0", path]),
	"value": value,
}])

finding(earlier, version) := {
	"code": "ahead",
	"path": ["spec", "packs", 0],
	"params": {
		"before": "staging",
		"earlier": earlier,
		"environment": "prod",
		"pack": "retrieval",
		"tenant": "acme",
		"version": version,
	},
}

test_a_version_that_staging_does_not_run_yet_is_found if {
	promotion_order.findings == {finding("1.2.0", "1.3.0")} with input as tenant
}

test_a_later_patch_is_found if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/PackLock/acme/spec/environments/prod/packs/0/version",
			"value": "1.3.1",
		},
		{
			"op": "replace",
			"path": "/references/PackLock/acme/spec/environments/staging/packs/0/version",
			"value": "1.3.0",
		},
	])
	promotion_order.findings == {finding("1.3.0", "1.3.1")} with input as asked
}

test_numbers_are_compared_as_numbers if {
	asked := json.patch(tenant, [
		{
			"op": "replace",
			"path": "/references/PackLock/acme/spec/environments/prod/packs/0/version",
			"value": "1.11.0",
		},
		{
			"op": "replace",
			"path": "/references/PackLock/acme/spec/environments/staging/packs/0/version",
			"value": "1.10.0",
		},
	])
	promotion_order.findings == {finding("1.10.0", "1.11.0")} with input as asked
}

test_the_version_that_staging_runs_will_do if {
	promotion_order.findings == set() with input as changed("version", "1.3.0")
}

test_an_older_version_than_staging_runs_will_do if {
	promotion_order.findings == set() with input as changed("version", "1.10.0")
}

test_an_environment_that_comes_after_none_has_nothing_before_it if {
	asked := json.patch(tenant, [{"op": "remove", "path": "/references/Environment/prod/spec/after"}])
	promotion_order.findings == set() with input as asked
}

test_a_pack_that_staging_does_not_run_will_do if {
	promotion_order.findings == set() with input as changed("name", "etl")
}

test_a_pack_that_it_does_not_ask_for_is_none_of_its if {
	asked := json.patch(tenant, [{"op": "replace", "path": "/subject/resource/spec/packs/0/name", "value": "etl"}])
	promotion_order.findings == set() with input as asked
}
