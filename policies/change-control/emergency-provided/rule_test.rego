package controlplane.change_control.emergency_provided_test

import data.controlplane.change_control.emergency_provided

change(class) := {
	"facts": {"approvals": [{"classes": ["emergency"], "person": "sam"}], "emergency": true},
	"subject": {"resource": {"requirements": [{"classes": [class]}]}},
}

claim(class) := {"facts": {"approvals": [{"classes": [class], "person": "sam"}]}}

finding := {"code": "unprovided", "path": ["requirements"], "params": {"person": "sam"}}

test_an_emergency_that_no_contract_provides_for_is_found if {
	emergency_provided.findings == {finding} with input as change("security")
}

test_an_emergency_that_a_contract_provides_for_will_do if {
	emergency_provided.findings == set() with input as change("emergency")
}

test_a_contract_about_another_class_does_not_provide_for_it if {
	emergency_provided.findings == {finding} with input as claim("emergency")
}

test_an_approval_that_claims_none_will_do if {
	emergency_provided.findings == set() with input as claim("policy")
}
