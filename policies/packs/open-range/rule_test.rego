package controlplane.packs.open_range_test

import data.controlplane.packs.open_range

tenant(version) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"packs": [{"name": "retrieval", "version": version}]}},
}}

override(version) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"packs": [{
		"environments": {"staging": {"version": version}},
		"name": "retrieval",
	}]}},
}}

test_a_range_without_an_end_is_found if {
	open_range.findings == {{
		"code": "open",
		"path": ["spec", "packs", 0, "version"],
		"params": {"pack": "retrieval", "range": ">=1.3", "tenant": "acme"},
	}} with input as tenant(">=1.3")
}

test_a_version_that_is_left_out_is_no_end if {
	open_range.findings == {{
		"code": "open",
		"path": ["spec", "packs", 0, "version"],
		"params": {"pack": "retrieval", "range": ">=1.3,!=2", "tenant": "acme"},
	}} with input as tenant(">=1.3,!=2")
}

test_a_range_with_an_end_will_do if {
	open_range.findings == set() with input as tenant(">=1.3,<2")
}

test_one_version_is_an_end if open_range.findings == set() with input as tenant("==1.3.0")

test_a_compatible_release_is_an_end if {
	open_range.findings == set() with input as tenant("~=1.3")
}

test_an_end_that_stands_first_is_one if {
	open_range.findings == set() with input as tenant("< 2, >=1.3")
}

test_a_range_of_one_environment_is_looked_at_as_well if {
	open_range.findings == {{
		"code": "open",
		"path": ["spec", "packs", 0, "environments", "staging", "version"],
		"params": {"pack": "retrieval", "range": ">1.2,!=1.4", "tenant": "acme"},
	}} with input as override(">1.2,!=1.4")
}

test_a_range_with_an_end_for_one_environment_will_do if {
	open_range.findings == set() with input as override(">=1.3,<2")
}
