package controlplane.tenancy.jwks_origin_test

import data.controlplane.tenancy.jwks_origin

tenant(jwks_uri) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": {
		"issuer": "https://login.acme.example",
		"jwksUri": jwks_uri,
	}}},
}}

identity(spec_identity) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"identity": spec_identity}},
}}

finding(keys) := {
	"code": "elsewhere",
	"path": ["spec", "identity", "jwksUri"],
	"params": {"issuer": "https://login.acme.example", "keys": keys, "tenant": "acme"},
}

test_keys_from_another_host_are_found if {
	asked := tenant("https://keys.example.net/acme")
	jwks_origin.findings == {finding("https://keys.example.net/acme")} with input as asked
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_a_name_that_goes_on_is_another_host if {
	asked := tenant("https://login.acme.example.evil.test/keys")
	jwks_origin.findings == {finding("https://login.acme.example.evil.test/keys")} with input as asked
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_another_host_of_the_domain_is_found if {
	asked := tenant("https://acme.example/keys")
	jwks_origin.findings == {finding("https://acme.example/keys")} with input as asked
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_a_user_name_in_front_does_not_hide_the_host if {
	asked := tenant("https://login.acme.example@evil.test/keys")
	jwks_origin.findings == {finding("https://login.acme.example@evil.test/keys")} with input as asked
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_a_fragment_in_front_does_not_hide_the_host if {
	asked := tenant("https://evil.test#@login.acme.example/keys")
	jwks_origin.findings == {finding("https://evil.test#@login.acme.example/keys")} with input as asked
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_keys_from_the_issuer_will_do if {
	jwks_origin.findings == set() with input as tenant("https://login.acme.example/keys")
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_a_host_in_capital_letters_is_the_same if {
	jwks_origin.findings == set() with input as tenant("https://LOGIN.acme.example/keys")
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_a_host_that_is_listed_will_do if {
	jwks_origin.findings == set() with input as tenant("https://www.googleapis.com/oauth2/v3/certs")
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_keys_that_are_named_are_found_elsewhere if {
	jwks_origin.findings == {finding("https://keys.example.net/acme")} with input as identity({
		"issuer": "https://login.acme.example",
		"jwksUri": "https://keys.example.net/acme",
	})
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}

test_keys_that_are_discovered_come_from_the_issuer if {
	jwks_origin.findings == set() with input as identity({"issuer": "https://login.acme.example"})
		with data.parameters.tenancy.jwks_origin.hosts as ["www.googleapis.com"]
}
