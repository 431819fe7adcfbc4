package controlplane.residency.disclosure_bounded_test

import data.controlplane.residency.disclosure_bounded

disclosed(class) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"disclosures": [{
		"classes": [class],
		"recipient": "auditor@firm.example",
	}]}}},
}}

classes(disclosures_classes) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {"disclosures": [{
		"classes": disclosures_classes,
		"recipient": "auditor@firm.example",
	}]}}},
}}

with_profile(profile) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {
		"disclosures": [{
			"classes": ["personal"],
			"recipient": "auditor@firm.example",
			"until": {},
		}],
		"redaction": {"profile": profile},
	}}},
}}

unredacted(class) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {
		"disclosures": [{"classes": [class], "recipient": "auditor@firm.example", "until": {}}],
		"redaction": {"profile": "none"},
	}}},
}}

unredacted_finding := {
	"code": "unredacted",
	"path": ["spec", "data", "disclosures", 0],
	"params": {"class": "personal", "recipient": "auditor@firm.example", "tenant": "acme"},
}

test_personal_data_without_an_end_is_found if {
	disclosure_bounded.findings == {{
		"code": "endless",
		"path": ["spec", "data", "disclosures", 0],
		"params": {"class": "personal", "recipient": "auditor@firm.example", "tenant": "acme"},
	}} with input as disclosed("personal")
}

test_internal_data_without_an_end_will_do if {
	disclosure_bounded.findings == set() with input as disclosed("internal")
}

test_confidential_data_without_an_end_will_do if {
	disclosure_bounded.findings == set() with input as disclosed("confidential")
}

test_a_second_class_is_found if {
	disclosure_bounded.findings == {{
		"code": "endless",
		"path": ["spec", "data", "disclosures", 0],
		"params": {"class": "payment", "recipient": "auditor@firm.example", "tenant": "acme"},
	}} with input as classes(["payment"])
}

test_an_internal_one_alone_will_do if {
	disclosure_bounded.findings == set() with input as classes([])
}

test_personal_data_that_is_not_redacted_is_found if {
	disclosure_bounded.findings == {unredacted_finding} with input as with_profile("none")
}

test_personal_data_that_is_redacted_will_do if {
	disclosure_bounded.findings == set() with input as with_profile("personal")
}

test_personal_data_in_full_is_found if {
	disclosure_bounded.findings == {unredacted_finding} with input as unredacted("personal")
}

test_internal_data_in_full_will_do if {
	disclosure_bounded.findings == set() with input as unredacted("internal")
}
