package controlplane.packs.past_its_end_test

import data.controlplane.packs.past_its_end

# This is found; each test changes something.
tenant := {
	"references": {"Pack": {"retrieval@1.3.0": {
		"metadata": {"name": "retrieval"},
		"spec": {
			"lifecycle": {
				"ends": {"epochSeconds": 1795168800, "text": "2026-12-31T00:00:00Z"},
				"stage": "deprecated",
			},
			"version": "1.3.0",
		},
	}}},
	"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
	"time": {"epochSeconds": 1795255200},
}

changed(path, value) := json.patch(tenant, [{
	"op": "replace",
	"path": concat("/", ["/references/Pack/retrieval@1.3.0/spec/lifecycle", path]),
	"value": value,
}])

finding := {
	"code": "over",
	"path": ["spec", "packs", 0],
	"params": {
		"ends": "2026-12-31T00:00:00Z",
		"pack": "retrieval",
		"tenant": "acme",
		"version": "1.3.0",
	},
}

test_a_pack_that_ends_now_is_found if {
	past_its_end.findings == {finding} with input as changed("ends/epochSeconds", 1795255200)
}

test_a_second_before_that_it_will_do if {
	past_its_end.findings == set() with input as changed("ends/epochSeconds", 1795255201)
}

test_an_answer_holds_until_the_pack_ends if {
	past_its_end.valid_until == {1795255201} with input as changed("ends/epochSeconds", 1795255201)
}

test_a_deprecated_pack_past_its_end_is_found if {
	past_its_end.findings == {finding} with input as tenant
}

test_a_pack_that_is_stable_again_has_no_end if {
	past_its_end.findings == set() with input as changed("stage", "stable")
}

test_a_pack_that_it_does_not_run_is_none_of_its if {
	asked := json.patch(tenant, [{"op": "replace", "path": "/subject/resource/spec/packs/0/name", "value": "etl"}])
	past_its_end.findings == set() with input as asked
}
