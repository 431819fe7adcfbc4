package controlplane.change_control.code_owners_test

import data.controlplane.change_control.code_owners

change(classes, name, owner) := {
	"facts": {"approvals": [{"classes": classes, "names": [name], "role": "security"}]},
	"subject": {"resource": {"owners": [{
		"count": 1,
		"owners": [owner],
		"paths": ["policies/tenancy/owner-contact/rule.rego"],
		"pattern": "policies/**",
	}]}},
}

claimed(emergency, class) := {
	"facts": {"emergency": emergency},
	"subject": {"resource": {
		"owners": [{
			"classes": [class],
			"count": 1,
			"owners": ["security@example.com"],
			"paths": ["policies/tenancy/owner-contact/rule.rego"],
			"pattern": "policies/**",
		}],
		"requirements": [{"classes": ["emergency"]}],
	}},
}

finding(owners) := {
	"code": "missing",
	"path": ["owners", 0],
	"params": {
		"count": 1,
		"example": "policies/tenancy/owner-contact/rule.rego",
		"owners": owners,
		"pattern": "policies/**",
	},
}

test_a_file_of_somebody_else_is_found if {
	asked := change([], "security@example.com", "finance@example.com")
	code_owners.findings == {finding("finance@example.com")} with input as asked
}

test_an_owner_whose_name_only_looks_the_same_is_found if {
	asked := change([], "security@example.org", "security@example.com")
	code_owners.findings == {finding("security@example.com")} with input as asked
}

test_an_approval_of_another_class_is_found if {
	asked := change(["budget"], "security@example.com", "security@example.com")
	code_owners.findings == {finding("security@example.com")} with input as asked
}

test_an_approval_by_an_owner_will_do if {
	code_owners.findings == set() with input as change([], "security@example.com", "security@example.com")
}

test_nobody_who_agreed_is_found if {
	code_owners.findings == {finding("security@example.com")} with input as claimed(false, "routine")
}

test_an_emergency_does_not_excuse_a_change_of_policy if {
	code_owners.findings == {finding("security@example.com")} with input as claimed(true, "policy")
}

test_an_emergency_excuses_what_is_routine if {
	code_owners.findings == set() with input as claimed(true, "routine")
}
