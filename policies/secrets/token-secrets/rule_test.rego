package controlplane.secrets.token_secrets_test

import data.controlplane.secrets.token_secrets

typed(object) := {"subject": {"resource": {"objects": [object]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "registry"},
	"type": "kubernetes.io/service-account-token",
}]}}}

finding(type) := {
	"code": "type",
	"path": ["objects", 0, "type"],
	"params": {"name": "registry", "type": type},
}

test_a_token_of_a_service_account_is_found if {
	token_secrets.findings == {finding("kubernetes.io/service-account-token")} with input as typed({
		"kind": "Secret",
		"metadata": {"name": "registry"},
		"type": "kubernetes.io/service-account-token",
	})
}

test_a_token_for_joining_the_cluster_is_found if {
	token_secrets.findings == {finding("bootstrap.kubernetes.io/token")} with input as typed({
		"kind": "Secret",
		"metadata": {"name": "registry"},
		"type": "bootstrap.kubernetes.io/token",
	})
}

test_a_password_for_images_will_do if {
	token_secrets.findings == set() with input as typed({
		"kind": "Secret",
		"metadata": {"name": "registry"},
		"type": "kubernetes.io/dockerconfigjson",
	})
}

test_no_type_will_do if {
	asked := typed({"kind": "Secret", "metadata": {"name": "registry"}})
	token_secrets.findings == set() with input as asked
}

test_a_secret_of_that_type_is_found if {
	asked := with_kind("Secret")
	token_secrets.findings == {finding("kubernetes.io/service-account-token")} with input as asked
}

test_what_is_no_secret_will_do if {
	token_secrets.findings == set() with input as with_kind("ExternalSecret")
}
