package controlplane.packs.licence_test

import data.controlplane.packs.licence

pack(spec_licence) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"licence": spec_licence}},
}}

finding(params_licence) := {
	"code": "not-allowed",
	"path": ["spec", "licence"],
	"params": {"licence": params_licence, "pack": "retrieval@1.3.0"},
}

test_a_licence_that_is_not_listed_is_found if {
	licence.findings == {finding("AGPL-3.0-only")} with input as pack("AGPL-3.0-only")
		with data.parameters.packs.licence.allowed as ["Apache-2.0"]
}

test_a_listed_licence_in_small_letters_is_another if {
	licence.findings == {finding("apache-2.0")} with input as pack("apache-2.0")
		with data.parameters.packs.licence.allowed as ["Apache-2.0"]
}

test_a_blank_at_the_end_makes_it_another if {
	licence.findings == {finding("Apache-2.0 ")} with input as pack("Apache-2.0 ")
		with data.parameters.packs.licence.allowed as ["Apache-2.0"]
}

test_a_choice_of_licences_is_none_of_them if {
	licence.findings == {finding("MIT OR AGPL-3.0-only")} with input as pack("MIT OR AGPL-3.0-only")
		with data.parameters.packs.licence.allowed as ["Apache-2.0"]
}

test_a_listed_licence_will_do if {
	licence.findings == set() with input as pack("Apache-2.0")
		with data.parameters.packs.licence.allowed as ["Apache-2.0"]
}
