package controlplane.secrets.credential_forms_test

import data.controlplane.secrets.credential_forms

argument(arg) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{"args": [arg]}]}}},
}]}}}

with_note(note) := {"subject": {"resource": {"objects": [{
	"data": {"note": note},
	"kind": "ConfigMap",
	"metadata": {"name": "retrieval"},
}]}}}

metadata(objects_metadata) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": objects_metadata,
}]}}}

second_argument(arg) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{"args": [arg]}]}}},
}]}}}

# In two pieces, so that nobody who looks for keys finds one here.
private_key := concat(" ", ["-----BEGIN EC", "PRIVATE KEY-----"])

args_finding := {
	"code": "form",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "args", 0],
	"params": {"kind": "Deployment", "object": "retrieval"},
}

note_finding := {
	"code": "form",
	"path": ["objects", 0, "data", "note"],
	"params": {"kind": "ConfigMap", "object": "retrieval"},
}

test_the_id_of_an_access_key_is_found if {
	credential_forms.findings == {args_finding} with input as argument("--key-id=AKIAIOSFODNN7EXAMPLE")
}

test_quotation_marks_do_not_hide_it if {
	credential_forms.findings == {args_finding} with input as argument("{\"id\":\"AKIAIOSFODNN7EXAMPLE\"}")
}

test_a_second_line_does_not_hide_it if {
	credential_forms.findings == {args_finding} with input as argument("id\nAKIAIOSFODNN7EXAMPLE")
}

test_such_letters_inside_a_word_are_none if {
	credential_forms.findings == set() with input as argument("--logo=iVBORw0AKIAIOSFODNN7EXAMPLE")
}

test_a_letter_short_is_none if {
	credential_forms.findings == set() with input as argument("--key-id=AKIAIOSFODNN7EXAMPL")
}

test_small_letters_are_none if {
	credential_forms.findings == set() with input as argument("--key-id=akiaiosfodnn7example")
}

test_a_private_key_is_found if {
	credential_forms.findings == {note_finding} with input as with_note(private_key)
}

test_a_token_of_a_code_host_is_found if {
	credential_forms.findings == {note_finding} with input as with_note("glpat-xxxxxxxxxxxxxxxxxxxx")
}

test_a_public_key_will_do if {
	credential_forms.findings == set() with input as with_note("-----BEGIN PUBLIC KEY-----")
}

test_a_token_in_an_annotation_is_found if {
	credential_forms.findings == {{
		"code": "form",
		"path": ["objects", 0, "metadata", "annotations", "ci"],
		"params": {"kind": "Deployment", "object": "retrieval"},
	}} with input as metadata({
		"annotations": {"ci": "ghp_012345678901234567890123456789abcdef"},
		"name": "retrieval",
	})
}

test_no_annotation_will_do if {
	credential_forms.findings == set() with input as metadata({"name": "retrieval"})
}

test_a_signed_web_token_is_found if {
	asked := second_argument("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.x")
	credential_forms.findings == {args_finding} with input as asked
}

test_another_argument_will_do if {
	credential_forms.findings == set() with input as second_argument("--verbose")
}

test_a_password_in_an_address_is_found if {
	asked := argument("--database=postgres://app:hunter2@db.internal/app")
	credential_forms.findings == {args_finding} with input as asked
}

test_a_password_that_is_filled_in_will_do if {
	asked := argument("--database=postgres://app:$(DB_PASSWORD)@db.internal/app")
	credential_forms.findings == set() with input as asked
}

test_a_port_is_no_password if {
	credential_forms.findings == set() with input as argument("--peer=http://app:8080/a@b")
}

test_a_password_given_to_an_option_is_found if {
	credential_forms.findings == {args_finding} with input as argument("--password=hunter2")
}

test_the_file_of_a_password_will_do if {
	asked := argument("--password-file=/run/secrets/password")
	credential_forms.findings == set() with input as asked
}

test_a_password_in_what_opens_a_database_is_found if {
	every text in [
		"Server=db.internal;User Id=app;Password=hunter2;",
		"host=db.internal user=app password=hunter2",
		"-Dspring.datasource.password=hunter2",
		"password=hunter2",
		"AccountName=acme;AccountKey=bm90IGEgcmVhbCBrZXkgYXQgYWxs;",
	] {
		credential_forms.findings == {args_finding} with input as argument(text)
	}
}

test_no_line_end_blank_or_quotation_mark_hides_a_password if {
	every text in [
		"user=app\npassword=hunter2\n",
		"a\tpassword=hunter2",
		"dsn: \"password=hunter2\"",
		"password='hunter2'",
		"cache.internal:6380,password=hunter2,ssl=True",
	] {
		credential_forms.findings == {args_finding} with input as argument(text)
	}
}

test_each_spelling_of_the_name_is_known if {
	every name in ["Password", "password", "Passwd", "passwd", "Pwd", "pwd"] {
		text := concat("", ["Server=db.internal;", name, "=hunter2"])
		credential_forms.findings == {args_finding} with input as argument(text)
	}
}

test_an_empty_password_is_none if {
	every text in [
		"Server=db;User Id=app;Password=;Trusted_Connection=yes",
		"https://x/login?user=a&password=&next=/",
		"cache.internal:6380,password=,ssl=True",
		"host=db password= user=app",
		"user=app\npassword=\nhost=db",
		"password=''",
		"password='' user=app",
		"password=\"\" user=app",
		"{\"dsn\":\"password=\",\"user\":\"app\"}",
	] {
		credential_forms.findings == set() with input as argument(text)
	}
}

test_one_that_is_filled_in_will_do if {
	every text in [
		"Server=db.internal;Password=$(DB_PASSWORD);",
		"password=${DB_PASSWORD}",
		"user=app\npassword=${DB_PASSWORD}",
		"password='${DB_PASSWORD}'",
		"password=\"$(DB_PASSWORD)\"",
		"password={{ password }}",
		"password=<yours>",
		"nopassword=1",
	] {
		credential_forms.findings == set() with input as argument(text)
	}
}
