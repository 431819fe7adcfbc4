package controlplane.tenancy.public_issuer_test

import data.controlplane.tenancy.public_issuer

with_audience(identity) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": identity}},
}}

issuers := ["https://accounts.google.com", "https://login.microsoftonline.com/common/v2.0"]

with_issuer(issuer) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {"issuer": issuer}}},
}}

test_a_public_provider_without_an_audience_is_found if {
	public_issuer.findings == {{
		"code": "no-audience",
		"path": ["spec", "identity", "issuer"],
		"params": {"issuer": "https://accounts.google.com", "tenant": "acme"},
	}} with input as with_audience({"issuer": "https://accounts.google.com"})
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_an_audience_will_do if {
	asked := with_audience({"audience": "platform", "issuer": "https://accounts.google.com"})
	public_issuer.findings == set() with input as asked
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_a_directory_that_everybody_shares_is_found if {
	public_issuer.findings == {{
		"code": "no-audience",
		"path": ["spec", "identity", "issuer"],
		"params": {"issuer": "https://login.microsoftonline.com/common/v2.0", "tenant": "acme"},
	}} with input as with_issuer("https://login.microsoftonline.com/common/v2.0")
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_capital_letters_do_not_hide_it if {
	public_issuer.findings == {{
		"code": "no-audience",
		"path": ["spec", "identity", "issuer"],
		"params": {"issuer": "https://Accounts.Google.com", "tenant": "acme"},
	}} with input as with_issuer("https://Accounts.Google.com")
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_a_slash_at_the_end_does_not_hide_it if {
	public_issuer.findings == {{
		"code": "no-audience",
		"path": ["spec", "identity", "issuer"],
		"params": {"issuer": "https://accounts.google.com/", "tenant": "acme"},
	}} with input as with_issuer("https://accounts.google.com/")
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_a_directory_of_its_own_will_do if {
	public_issuer.findings == set() with input as with_issuer("https://login.microsoftonline.com/8f2d/v2.0")
		with data.parameters.tenancy.public_issuer.issuers as issuers
}

test_an_issuer_of_its_own_will_do if {
	public_issuer.findings == set() with input as with_issuer("https://login.acme.example")
		with data.parameters.tenancy.public_issuer.issuers as issuers
}
