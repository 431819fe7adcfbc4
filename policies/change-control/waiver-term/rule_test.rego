package controlplane.change_control.waiver_term_test

import data.controlplane.change_control.waiver_term

waiver(expires) := {"subject": {
	"name": "legacy-image",
	"resource": {"spec": {
		"compensatingControl": "scanned nightly",
		"expires": {"epochSeconds": expires, "text": "2026-07-01T00:00:01Z"},
		"issued": {"epochSeconds": 1780272000, "text": "2026-06-01T00:00:00Z"},
		"severity": "deny",
	}},
}}

with_severity(severity) := {"subject": {
	"name": "legacy-image",
	"resource": {"spec": {
		"expires": {"epochSeconds": 1782864000, "text": "2026-07-01T00:00:00Z"},
		"issued": {"epochSeconds": 1780272000, "text": "2026-06-01T00:00:00Z"},
		"severity": severity,
	}},
}}

with_rule(rule) := {"subject": {"name": "legacy-image", "resource": {"spec": {"rule": rule}}}}

control(severity) := {"subject": {
	"name": "legacy-image",
	"resource": {"spec": {"severity": severity}},
}}

test_a_second_more_than_thirty_days_is_found if {
	waiver_term.findings == {{
		"code": "long",
		"path": ["spec", "expires"],
		"params": {
			"expires": "2026-07-01T00:00:01Z",
			"issued": "2026-06-01T00:00:00Z",
			"most": 30,
			"severity": "deny",
			"waiver": "legacy-image",
		},
	}} with input as waiver(1782864001)
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_thirty_days_will_do if {
	waiver_term.findings == set() with input as waiver(1782864000)
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_severity_without_a_term_may_last_no_time if {
	waiver_term.findings == {{
		"code": "long",
		"path": ["spec", "expires"],
		"params": {
			"expires": "2026-07-01T00:00:00Z",
			"issued": "2026-06-01T00:00:00Z",
			"most": 0,
			"severity": "none",
			"waiver": "legacy-image",
		},
	}} with input as with_severity("none")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_rule_that_warns_may_be_waived_for_longer if {
	waiver_term.findings == set() with input as with_severity("warn")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_rule_of_change_control_cannot_be_waived if {
	waiver_term.findings == {{
		"code": "protected",
		"path": ["spec", "rule"],
		"params": {"rule": "change-control/freeze-window", "waiver": "legacy-image"},
	}} with input as with_rule("change-control/freeze-window")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_no_rule_of_change_control_can_be_waived if {
	waiver_term.findings == {{
		"code": "protected",
		"path": ["spec", "rule"],
		"params": {"rule": "change-control/waivers", "waiver": "legacy-image"},
	}} with input as with_rule("change-control/waivers")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_family_of_a_similar_name_can_be_waived if {
	waiver_term.findings == set() with input as with_rule("change-controls/freeze-window")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_deny_rule_is_waived_for_a_control_in_its_place if {
	waiver_term.findings == {{
		"code": "uncovered",
		"path": ["spec"],
		"params": {"waiver": "legacy-image"},
	}} with input as control("deny")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}

test_a_rule_that_warns_needs_none if {
	waiver_term.findings == set() with input as control("warn")
		with data.parameters.change_control.waiver_term.maximumDays as {"deny": 30, "warn": 90}
}
