package controlplane.tenancy.owner_contact_test

import data.controlplane.tenancy.owner_contact

with_owner(contacts) := {"subject": {"name": "acme", "resource": {"spec": {"contacts": contacts}}}}

class(name) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"contacts": {"owner": {"email": "ada@acme.example"}},
		"data": {"classes": [{"name": name}]},
	}},
}}

security(contacts_security) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"contacts": {"owner": {"email": "ada@acme.example"}, "security": contacts_security},
		"data": {"classes": [{"name": "health"}]},
	}},
}}

no_security_finding := {
	"code": "no-security",
	"path": ["spec", "contacts", "security"],
	"params": {"tenant": "acme"},
}

test_a_tenant_without_an_owner_is_found if {
	owner_contact.findings == {{
		"code": "no-owner",
		"path": ["spec", "contacts", "owner"],
		"params": {"tenant": "acme"},
	}} with input as with_owner({})
}

test_a_tenant_with_an_owner_will_do if {
	asked := with_owner({"owner": {"email": "ada@acme.example", "name": "Ada"}})
	owner_contact.findings == set() with input as asked
}

test_data_on_health_without_somebody_for_its_security_is_found if {
	owner_contact.findings == {no_security_finding} with input as class("health")
}

test_data_on_payments_without_somebody_for_its_security_is_found if {
	owner_contact.findings == {no_security_finding} with input as class("payment")
}

test_personal_data_needs_nobody_besides_the_owner if {
	owner_contact.findings == set() with input as class("personal")
}

test_somebody_without_an_address_is_nobody if {
	owner_contact.findings == {no_security_finding} with input as security({})
}

test_somebody_with_an_address_will_do if {
	owner_contact.findings == set() with input as security({"email": "eve@acme.example"})
}
