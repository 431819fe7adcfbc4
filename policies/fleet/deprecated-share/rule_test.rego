package controlplane.fleet.deprecated_share_test

import data.controlplane.fleet.deprecated_share

with_running(running) := {"subject": {"resource": {"packs": {
	"items": [{"name": "retrieval", "stage": "deprecated", "tenants": 9, "version": "1.3.0"}],
	"running": running,
}}}}

with_stage(stage) := {"subject": {"resource": {"packs": {
	"items": [{"name": "retrieval", "stage": stage, "tenants": 9, "version": "1.3.0"}],
	"running": 10,
}}}}

test_more_than_a_quarter_on_a_version_that_ends_is_found if {
	deprecated_share.findings == {{
		"code": "many",
		"path": ["packs", "items", 0],
		"params": {"pack": "retrieval", "running": 35, "tenants": 9, "version": "1.3.0"},
	}} with input as with_running(35) with data.parameters.fleet.deprecated_share.mostPercent as 25
}

test_a_quarter_will_do if {
	deprecated_share.findings == set() with input as with_running(36)
		with data.parameters.fleet.deprecated_share.mostPercent as 25
}

test_many_on_a_version_that_ends_are_found if {
	deprecated_share.findings == {{
		"code": "many",
		"path": ["packs", "items", 0],
		"params": {"pack": "retrieval", "running": 10, "tenants": 9, "version": "1.3.0"},
	}} with input as with_stage("deprecated") with data.parameters.fleet.deprecated_share.mostPercent as 25
}

test_many_on_a_version_that_begins_will_do if {
	deprecated_share.findings == set() with input as with_stage("preview")
		with data.parameters.fleet.deprecated_share.mostPercent as 25
}
