package controlplane.packs.withdrawn_test

import data.controlplane.packs.withdrawn

with_stage(stage) := {
	"references": {"Pack": {"retrieval@1.3.0": {
		"metadata": {"name": "retrieval"},
		"spec": {
			"lifecycle": {"reason": "remote code execution", "stage": stage},
			"version": "1.3.0",
		},
	}}},
	"subject": {"resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

packs(references) := {
	"references": references,
	"subject": {"name": "acme", "resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

named(name) := {
	"references": {"Pack": {"etl@1.0.0": {
		"metadata": {"name": name},
		"spec": {"lifecycle": {"reason": "data loss", "stage": "withdrawn"}, "version": "1.0.0"},
	}}},
	"subject": {"resource": {"spec": {"packs": [{"name": "retrieval"}]}}},
}

unresolved_finding := {
	"code": "unresolved",
	"path": ["spec", "packs", 0],
	"params": {"pack": "retrieval", "tenant": "acme"},
}

test_a_withdrawn_pack_is_found if {
	withdrawn.findings == {{
		"code": "withdrawn",
		"path": ["spec", "packs", 0],
		"params": {"pack": "retrieval", "reason": "remote code execution", "version": "1.3.0"},
	}} with input as with_stage("withdrawn")
}

test_a_deprecated_pack_will_do if {
	withdrawn.findings == set() with input as with_stage("deprecated")
}

test_a_pack_that_nobody_knows_is_found if {
	withdrawn.findings == {unresolved_finding} with input as packs({"Pack": {}})
}

test_a_pack_is_found_where_none_is_known if {
	withdrawn.findings == {unresolved_finding} with input as packs({})
}

test_a_pack_that_is_known_will_do if {
	asked := packs({"Pack": {"retrieval@1.3.0": {"metadata": {"name": "retrieval"}}}})
	withdrawn.findings == set() with input as asked
}

test_a_withdrawn_version_of_another_entry_is_found if {
	withdrawn.findings == {{
		"code": "withdrawn",
		"path": ["spec", "packs", 0],
		"params": {"pack": "retrieval", "reason": "data loss", "version": "1.0.0"},
	}} with input as named("retrieval")
}

test_another_pack_that_is_withdrawn_is_none_of_its if {
	withdrawn.findings == set() with input as named("etl")
}
