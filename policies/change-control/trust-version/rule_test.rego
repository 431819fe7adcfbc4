package controlplane.change_control.trust_version_test

import data.controlplane.change_control.trust_version

trust_root(version, operation, spec_version) := {
	"change": {"before": {"spec": {"version": version}}, "operation": operation},
	"subject": {"name": "meridian", "resource": {"spec": {"version": spec_version}}},
}

test_a_version_that_stays_is_found if {
	trust_version.findings == {{
		"code": "stuck",
		"path": ["spec", "version"],
		"params": {"before": 1, "root": "meridian", "version": 1},
	}} with input as trust_root(1, "update", 1)
}

test_a_version_that_goes_back_is_found if {
	trust_version.findings == {{
		"code": "stuck",
		"path": ["spec", "version"],
		"params": {"before": 3, "root": "meridian", "version": 2},
	}} with input as trust_root(3, "update", 2)
}

test_a_version_that_counts_up_will_do if {
	trust_version.findings == set() with input as trust_root(1, "update", 2)
}

test_a_root_that_is_not_changed_will_do if {
	trust_version.findings == set() with input as trust_root(1, "none", 1)
}
