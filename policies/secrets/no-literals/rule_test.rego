package controlplane.secrets.no_literals_test

import data.controlplane.secrets.no_literals

variable(name) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"env": [{"name": name, "value": "100"}],
		"name": "api",
	}]}}},
}]}}}

with_value(value) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"env": [{"name": "DB_PASSWORD", "value": value}],
		"name": "api",
	}]}}},
}]}}}

secret(object) := {"subject": {"resource": {"objects": [object]}}}

literal_finding(variable) := {
	"code": "literal",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "env", 0],
	"params": {"container": "api", "variable": variable, "workload": "retrieval"},
}

test_a_token_is_found if {
	no_literals.findings == {literal_finding("TOKEN_PER_MINUTE")} with input as variable("TOKEN_PER_MINUTE")
}

test_a_blank_after_it_does_not_hide_it if {
	no_literals.findings == {literal_finding("TOKEN ")} with input as variable("TOKEN ")
}

test_a_dash_in_it_does_not_hide_it if {
	no_literals.findings == {literal_finding("API-KEY")} with input as variable("API-KEY")
}

test_a_word_that_is_joined_to_it_does_not_hide_it if {
	every name in ["PGPASSWORD", "dbPassword", "githubToken_2", "CA_PASSPHRASE"] {
		no_literals.findings == {literal_finding(name)} with input as variable(name)
	}
}

test_a_longer_word_is_another if {
	every name in ["TOKENIZER_LIMIT", "PASSWORDLESS", "SECRETARY", "TOKENS_PER_MINUTE"] {
		no_literals.findings == set() with input as variable(name)
	}
}

test_a_dot_before_it_does_not_hide_it if {
	no_literals.findings == {literal_finding("DB.PASSWORD")} with input as variable("DB.PASSWORD")
}

test_a_word_that_only_begins_like_it_will_do if {
	no_literals.findings == set() with input as variable("TOKENIZER_LIMIT")
}

test_a_password_is_found if {
	no_literals.findings == {literal_finding("DB_PASSWORD")} with input as with_value("example")
}

test_an_empty_one_is_none if no_literals.findings == set() with input as with_value("")

test_a_secret_that_holds_data_is_found if {
	no_literals.findings == {{
		"code": "secret-data",
		"path": ["objects", 0, "data"],
		"params": {"field": "data", "name": "db"},
	}} with input as secret({
		"data": {"password": "aHVudGVyMg=="},
		"kind": "Secret",
		"metadata": {"name": "db"},
	})
}

test_a_secret_that_holds_text_is_found if {
	no_literals.findings == {{
		"code": "secret-data",
		"path": ["objects", 0, "stringData"],
		"params": {"field": "stringData", "name": "db"},
	}} with input as secret({
		"kind": "Secret",
		"metadata": {"name": "db"},
		"stringData": {"password": "example"},
	})
}

test_a_secret_that_holds_nothing_will_do if {
	no_literals.findings == set() with input as secret({"kind": "Secret", "metadata": {"name": "db"}})
}

test_data_of_a_config_map_is_for_another_rule if {
	asked := secret({"kind": "ConfigMap", "metadata": {"name": "db"}, "data": {"host": "db"}})
	no_literals.findings == set() with input as asked
}
