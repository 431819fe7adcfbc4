package controlplane.tenancy.outside_admin_test

import data.controlplane.tenancy.outside_admin

with_group(group) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {"groups": [{"group": group, "role": "admin"}]}}},
}}

parameters := {"roles": ["admin", "operator"], "words": ["contractors", "ext", "guests", "vendor"]}

with_role(role) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {"groups": [{"group": "acme-contractors", "role": role}]}}},
}}

attribute(role) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {"attributes": [{"role": role, "values": ["vendor"]}]}}},
}}

value(attributes_value) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {"attributes": [{
		"role": "operator",
		"values": [attributes_value],
	}]}}},
}}

group_finding(role, who) := {
	"code": "group",
	"path": ["spec", "identity", "groups", 0],
	"params": {"role": role, "tenant": "acme", "who": who},
}

attribute_finding := {
	"code": "attribute",
	"path": ["spec", "identity", "attributes", 0],
	"params": {"role": "operator", "tenant": "acme", "who": "vendor"},
}

test_a_group_of_contractors_that_administers_is_found if {
	asked := with_group("acme-contractors")
	outside_admin.findings == {group_finding("admin", "acme-contractors")} with input as asked
		with data.parameters.tenancy.outside_admin as parameters
}

test_capital_letters_do_not_hide_guests if {
	asked := with_group("ACME.Guests")
	outside_admin.findings == {group_finding("admin", "ACME.Guests")} with input as asked
		with data.parameters.tenancy.outside_admin as parameters
}

test_underscores_part_words if {
	asked := with_group("acme_ext_internal")
	outside_admin.findings == {group_finding("admin", "acme_ext_internal")} with input as asked
		with data.parameters.tenancy.outside_admin as parameters
}

test_a_mark_of_the_provider_is_found if {
	asked := with_group("ada#EXT#acme")
	outside_admin.findings == {group_finding("admin", "ada#EXT#acme")} with input as asked
		with data.parameters.tenancy.outside_admin as parameters
}

test_a_word_within_a_word_is_another if {
	outside_admin.findings == set() with input as with_group("acme-extension")
		with data.parameters.tenancy.outside_admin as parameters
}

test_a_group_of_contractors_that_operates_is_found if {
	asked := with_role("operator")
	outside_admin.findings == {group_finding("operator", "acme-contractors")} with input as asked
		with data.parameters.tenancy.outside_admin as parameters
}

test_a_group_of_contractors_may_develop if {
	outside_admin.findings == set() with input as with_role("developer")
		with data.parameters.tenancy.outside_admin as parameters
}

test_a_group_of_contractors_may_look if {
	outside_admin.findings == set() with input as with_role("viewer")
		with data.parameters.tenancy.outside_admin as parameters
}

test_an_attribute_of_vendors_that_operates_is_found if {
	outside_admin.findings == {attribute_finding} with input as attribute("operator")
		with data.parameters.tenancy.outside_admin as parameters
}

test_an_attribute_of_vendors_may_look if {
	outside_admin.findings == set() with input as attribute("auditor")
		with data.parameters.tenancy.outside_admin as parameters
}

test_an_attribute_of_those_outside_is_found if {
	outside_admin.findings == {attribute_finding} with input as value("vendor")
		with data.parameters.tenancy.outside_admin as parameters
}

test_an_attribute_of_those_inside_will_do if {
	outside_admin.findings == set() with input as value("platform")
		with data.parameters.tenancy.outside_admin as parameters
}
