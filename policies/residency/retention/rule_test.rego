package controlplane.residency.retention_test

import data.controlplane.residency.retention

keeps(retention_retention) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"classes": [{
		"name": "personal",
		"retention": {"seconds": retention_retention, "text": "2y"},
	}]}}},
}}

unlimited(name) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"classes": [{"name": name, "retention": "unlimited"}]}}},
}}

kept(name) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"classes": [{"name": name}]}}},
}}

long_finding := {
	"code": "long",
	"path": ["spec", "data", "classes", 0, "retention"],
	"params": {"class": "personal", "most": 3650, "retention": "2y", "tenant": "acme"},
}

test_twice_the_time_is_found if {
	retention.findings == {long_finding} with input as keeps(630720000)
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_a_second_more_is_found if {
	retention.findings == {long_finding} with input as keeps(315360001)
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_as_long_as_it_may_be_kept_will_do if {
	retention.findings == set() with input as keeps(315360000)
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_personal_data_without_an_end_is_found if {
	retention.findings == {{
		"code": "unlimited",
		"path": ["spec", "data", "classes", 0, "retention"],
		"params": {"class": "personal", "most": 3650, "retention": "unlimited", "tenant": "acme"},
	}} with input as unlimited("personal")
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_public_data_without_an_end_will_do if {
	retention.findings == set() with input as unlimited("public")
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_personal_data_of_which_nothing_is_said_is_found if {
	retention.findings == {{
		"code": "none",
		"path": ["spec", "data", "classes", 0],
		"params": {"class": "personal", "most": 3650, "retention": "", "tenant": "acme"},
	}} with input as kept("personal")
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_data_on_health_of_which_nothing_is_said_is_found if {
	retention.findings == {{
		"code": "none",
		"path": ["spec", "data", "classes", 0],
		"params": {"class": "health", "most": 3650, "retention": "", "tenant": "acme"},
	}} with input as kept("health")
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}

test_confidential_data_of_which_nothing_is_said_will_do if {
	retention.findings == set() with input as kept("confidential")
		with data.parameters.residency.retention.maximumDays as {"health": 3650, "personal": 3650}
}
