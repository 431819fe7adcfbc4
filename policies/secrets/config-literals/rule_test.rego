package controlplane.secrets.config_literals_test

import data.controlplane.secrets.config_literals

config(password) := {"subject": {"resource": {"spec": {"packs": [{
	"config": {"password": password},
	"name": "connector",
}]}}}}

environment(api_token) := {"subject": {"resource": {"spec": {
	"packs": [{
		"environments": {"prod": {"config": {"api-token": api_token}}},
		"name": "connector",
	}],
}}}}

with_region(region) := {"subject": {"resource": {"spec": {"packs": [{
	"config": {"region": region},
	"name": "connector",
}]}}}}

tenant(packs_config) := {"subject": {"resource": {"spec": {
	"packs": [{"config": packs_config, "name": "connector"}],
}}}}

# In two pieces, so that nobody who looks for keys finds one here.
private_key := concat(" ", ["-----BEGIN", "PRIVATE KEY-----\nexample"])

literal_finding := {
	"code": "literal",
	"path": ["spec", "packs", 0, "config", "password"],
	"params": {"field": "password", "pack": "connector"},
}

test_a_password_is_found if {
	config_literals.findings == {literal_finding} with input as config("example")
}

test_one_sign_is_a_password if {
	config_literals.findings == {literal_finding} with input as config("-")
}

test_a_password_in_a_mapping_is_found if {
	config_literals.findings == {{
		"code": "literal",
		"path": ["spec", "packs", 0, "config", "password", "value"],
		"params": {"field": "password", "pack": "connector"},
	}} with input as config({"value": "hunter2"})
}

test_an_empty_password_is_none if config_literals.findings == set() with input as config("")

test_a_token_of_one_environment_is_found if {
	config_literals.findings == {{
		"code": "literal",
		"path": ["spec", "packs", 0, "environments", "prod", "config", "api-token"],
		"params": {"field": "api-token", "pack": "connector"},
	}} with input as environment("crm")
}

test_an_empty_token_is_none if config_literals.findings == set() with input as environment("")

test_a_private_key_is_found_under_any_name if {
	config_literals.findings == {{
		"code": "key",
		"path": ["spec", "packs", 0, "config", "region"],
		"params": {"field": "region", "pack": "connector"},
	}} with input as with_region(private_key)
}

test_a_region_will_do if config_literals.findings == set() with input as with_region("eu")

test_a_key_in_a_list_is_found if {
	config_literals.findings == {{
		"code": "literal",
		"path": ["spec", "packs", 0, "config", "api_key", 0],
		"params": {"field": "api_key", "pack": "connector"},
	}} with input as tenant({"api_key": ["example"]})
}

test_a_blank_in_a_name_does_not_hide_it if {
	config_literals.findings == {{
		"code": "literal",
		"path": ["spec", "packs", 0, "config", "pass word"],
		"params": {"field": "pass word", "pack": "connector"},
	}} with input as tenant({"pass word": "hunter2"})
}

test_no_such_name_will_do if config_literals.findings == set() with input as tenant({})

test_what_is_no_configuration_is_for_other_rules if {
	asked := {"subject": {"resource": {"spec": {"packs": [{"name": "connector", "labels": {"token": "x"}}]}}}}
	config_literals.findings == set() with input as asked
}

test_short_names_and_keys_of_stores_are_known if {
	every field in [
		"db_pass", "dbpass", "crm_pass", "CRM_PASS", "crm-pass", "crmPass", "mysqlPwd", "MYSQL_PWD", "storageAccountKey",
		"account_key", "signing-key", "passphrase", "secretKey",
	] {
		config_literals.findings == {{
			"code": "literal",
			"path": ["spec", "packs", 0, "config", field],
			"params": {"field": field, "pack": "connector"},
		}} with input as tenant({field: "hunter2"})
	}
}

test_a_name_that_ends_likewise_will_do if {
	every field in ["bypass", "compass", "pass", "pwd", "assignmentKey", "dbPassRef", "accountKeyRef"] {
		config_literals.findings == set() with input as tenant({field: "hunter2"})
	}
}
