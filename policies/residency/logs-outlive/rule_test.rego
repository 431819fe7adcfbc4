package controlplane.residency.logs_outlive_test

import data.controlplane.residency.logs_outlive

logs(keep_logs) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"data": {"classes": [{
			"name": "personal",
			"retention": {"seconds": 63072000, "text": "2y"},
		}]},
		"observability": {"keepLogs": {"seconds": keep_logs, "text": "30d"}},
	}},
}}

class(name) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"data": {"classes": [{"name": name, "retention": {"seconds": 63072000, "text": "2y"}}]},
		"observability": {"keepLogs": {"seconds": 94608000, "text": "30d"}},
	}},
}}

finding := {
	"code": "longer",
	"path": ["spec", "observability", "keepLogs"],
	"params": {"class": "personal", "logs": "30d", "retention": "2y", "tenant": "acme"},
}

test_logs_that_outlive_personal_data_are_found if {
	logs_outlive.findings == {finding} with input as logs(94608000)
}

test_a_second_longer_is_found if {
	logs_outlive.findings == {finding} with input as logs(63072001)
}

test_as_long_will_do if logs_outlive.findings == set() with input as logs(63072000)

test_logs_of_personal_data_are_found if {
	logs_outlive.findings == {finding} with input as class("personal")
}

test_logs_of_confidential_data_may_be_kept if {
	logs_outlive.findings == set() with input as class("confidential")
}
