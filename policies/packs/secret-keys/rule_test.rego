package controlplane.packs.secret_keys_test

import data.controlplane.packs.secret_keys

with_scope(scope) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"capabilities": {"secrets": [{
		"keys": [],
		"name": "source",
		"scope": scope,
	}]}}},
}}

keys(secrets_keys) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"capabilities": {"secrets": [{
		"keys": secrets_keys,
		"name": "source",
		"scope": "tenant",
	}]}}},
}}

finding(scope) := {
	"code": "all",
	"path": ["spec", "capabilities", "secrets", 0],
	"params": {"pack": "retrieval@1.3.0", "scope": scope, "secret": "source"},
}

test_every_key_of_a_secret_of_the_tenant_is_found if {
	secret_keys.findings == {finding("tenant")} with input as with_scope("tenant")
}

test_every_key_of_a_secret_of_the_platform_is_found if {
	secret_keys.findings == {finding("platform")} with input as with_scope("platform")
}

test_every_key_of_its_own_secret_will_do if {
	secret_keys.findings == set() with input as with_scope("pack")
}

test_a_secret_without_keys_is_found if {
	secret_keys.findings == {finding("tenant")} with input as keys([])
}

test_one_key_that_is_named_will_do if {
	secret_keys.findings == set() with input as keys(["api-key"])
}
