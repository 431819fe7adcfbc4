package controlplane.packs.connector_scopes_test

import data.controlplane.packs.connector_scopes

scope(connector_scope, second_scope) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"connector": {
		"direction": "read",
		"scopes": [connector_scope, second_scope],
		"system": "stripe",
	}}},
}}

with_direction(direction) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"connector": {
		"direction": direction,
		"scopes": ["invoices.write"],
		"system": "stripe",
	}}},
}}

webhook(direction) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"connector": {"webhooks": [{
		"direction": direction,
		"event": "invoice.paid",
	}]}}},
}}

wide_finding(index, scope) := {
	"code": "wide",
	"path": ["spec", "connector", "scopes", index],
	"params": {"event": "", "pack": "retrieval@1.3.0", "scope": scope, "system": "stripe"},
}

test_an_administrators_scope_is_found if {
	asked := scope("account:admin", "customers.read")
	connector_scopes.findings == {wide_finding(0, "account:admin")} with input as asked
}

test_every_scope_is_found if {
	connector_scopes.findings == {wide_finding(0, "*")} with input as scope("*", "customers.read")
}

test_a_scope_about_administrators_will_do if {
	connector_scopes.findings == set() with input as scope("account:administrators.read", "customers.read")
}

test_a_word_of_a_scope_is_found_between_lines if {
	asked := scope("invoices.read", "full_access")
	connector_scopes.findings == {wide_finding(1, "full_access")} with input as asked
}

test_a_star_at_the_end_is_found if {
	asked := scope("invoices.read", "customers.*")
	connector_scopes.findings == {wide_finding(1, "customers.*")} with input as asked
}

test_capital_letters_do_not_hide_that_it_writes if {
	connector_scopes.findings == {{
		"code": "writes",
		"path": ["spec", "connector", "scopes", 1],
		"params": {
			"event": "",
			"pack": "retrieval@1.3.0",
			"scope": "Customers.ReadWrite",
			"system": "stripe",
		},
	}} with input as scope("invoices.read", "Customers.ReadWrite")
}

test_a_scope_that_reads_will_do if {
	connector_scopes.findings == set() with input as scope("invoices.read", "customers.read")
}

test_a_connector_that_reads_asks_for_no_scope_that_writes if {
	connector_scopes.findings == {{
		"code": "writes",
		"path": ["spec", "connector", "scopes", 0],
		"params": {
			"event": "",
			"pack": "retrieval@1.3.0",
			"scope": "invoices.write",
			"system": "stripe",
		},
	}} with input as with_direction("read")
}

test_one_that_does_both_may if {
	connector_scopes.findings == set() with input as with_direction("both")
}

test_a_call_that_nobody_signed_is_found if {
	connector_scopes.findings == {{
		"code": "unsigned",
		"path": ["spec", "connector", "webhooks", 0, "signed"],
		"params": {"event": "invoice.paid", "pack": "retrieval@1.3.0", "scope": "", "system": ""},
	}} with input as webhook("in")
}

test_a_call_that_we_make_is_for_others_to_check if {
	connector_scopes.findings == set() with input as webhook("out")
}

test_a_call_that_is_signed_will_do if {
	path := "/subject/resource/spec/connector/webhooks/0/signed"
	asked := json.patch(webhook("in"), [{"op": "add", "path": path, "value": true}])
	connector_scopes.findings == set() with input as asked
}
