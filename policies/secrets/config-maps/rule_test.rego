package controlplane.secrets.config_maps_test

import data.controlplane.secrets.config_maps

capitals(api_key) := {"subject": {"resource": {"objects": [{
	"data": {"API_KEY": api_key},
	"kind": "ConfigMap",
	"metadata": {"name": "retrieval"},
}]}}}

entries(objects_data) := {"subject": {"resource": {"objects": [{
	"data": objects_data,
	"kind": "ConfigMap",
	"metadata": {"name": "retrieval"},
}]}}}

binary(binary_data) := {"subject": {"resource": {"objects": [{
	"binaryData": binary_data,
	"kind": "ConfigMap",
	"metadata": {"name": "retrieval"},
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"data": {"db-password": "-"},
	"kind": kind,
	"metadata": {"name": "retrieval"},
}]}}}

finding(field, path) := {
	"code": "key",
	"path": ["objects", 0, field, path],
	"params": {"key": path, "name": "retrieval"},
}

test_a_key_in_capital_letters_is_found if {
	config_maps.findings == {finding("data", "API_KEY")} with input as capitals("x")
}

test_an_empty_one_is_none if config_maps.findings == set() with input as capitals("")

test_a_file_with_a_private_key_is_found if {
	asked := entries({"client.private-key.pem": "x"})
	config_maps.findings == {finding("data", "client.private-key.pem")} with input as asked
}

test_a_token_is_found if {
	config_maps.findings == {finding("data", "token")} with input as entries({"token": "x"})
}

test_no_such_key_will_do if config_maps.findings == set() with input as entries({})

test_credentials_among_what_is_binary_are_found if {
	asked := binary({"credentials.json": "e30="})
	config_maps.findings == {finding("binaryData", "credentials.json")} with input as asked
}

test_nothing_among_what_is_binary_will_do if {
	config_maps.findings == set() with input as binary({})
}

test_a_key_of_a_map_is_found if {
	config_maps.findings == {finding("data", "db-password")} with input as with_kind("ConfigMap")
}

test_a_key_of_another_kind_of_object_is_none if {
	config_maps.findings == set() with input as with_kind("Binder")
}

test_a_number_of_tokens_is_none if {
	config_maps.findings == set() with input as entries({"tokens": "100"})
}

test_a_word_that_is_joined_to_it_does_not_hide_it if {
	every name in ["dbPassword", "pgpassword.txt", "githubToken"] {
		config_maps.findings == {finding("data", name)} with input as entries({name: "x"})
	}
}
