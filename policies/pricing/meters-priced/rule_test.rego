package controlplane.pricing.meters_priced_test

import data.controlplane.pricing.meters_priced

# Nothing is found in it; each test changes something.
tenant := {
	"references": {
		"Pack": {"retrieval@1.3.0": {
			"metadata": {"name": "retrieval"},
			"spec": {"meters": ["storage"]},
		}},
		"PricePlan": {"growth-2026": {
			"metadata": {"name": "growth-2026"},
			"spec": {"meters": [{"name": "storage"}]},
		}},
	},
	"subject": {"resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

changed(path, value) := json.patch(tenant, [{
	"op": "replace",
	"path": concat("/", ["/references", path]),
	"value": value,
}])

added(path, value) := json.patch(tenant, [{
	"op": "add",
	"path": concat("/", ["/references", path]),
	"value": value,
}])

test_a_meter_of_another_name_has_no_price if {
	meters_priced.findings == {{
		"code": "free",
		"path": ["spec", "packs", 0],
		"params": {"meter": "storage", "pack": "retrieval", "plan": "growth-2026"},
	}} with input as changed("PricePlan/growth-2026/spec/meters/0/name", "storages")
}

test_a_meter_with_a_price_will_do if meters_priced.findings == set() with input as tenant

test_a_meter_without_a_price_is_found if {
	meters_priced.findings == {{
		"code": "free",
		"path": ["spec", "packs", 0],
		"params": {"meter": "tokens", "pack": "retrieval", "plan": "growth-2026"},
	}} with input as added("Pack/retrieval@1.3.0/spec/meters/1", "tokens")
}

test_a_pack_that_the_tenant_does_not_run_counts_nothing if {
	asked := json.patch(tenant, [
		{"op": "replace", "path": "/references/Pack/retrieval@1.3.0/metadata/name", "value": "etl"},
		{"op": "add", "path": "/references/Pack/retrieval@1.3.0/spec/meters/1", "value": "tokens"},
	])
	meters_priced.findings == set() with input as asked
}
