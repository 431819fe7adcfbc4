package controlplane.workloads.service_account_token_test

import data.controlplane.workloads.service_account_token

pod(spec) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": spec}},
}]}}}

account(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
}]}}}

token(audience) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {
		"automountServiceAccountToken": false,
		"volumes": [{
			"name": "vault",
			"projected": {"sources": [{"serviceAccountToken": {"audience": audience}}]},
		}],
	}}},
}]}}}

pod_finding := {
	"code": "pod",
	"path": ["objects", 0, "spec", "template", "spec", "automountServiceAccountToken"],
	"params": {"workload": "retrieval"},
}

test_a_pod_that_takes_the_default_is_found if {
	service_account_token.findings == {pod_finding} with input as pod({})
}

test_a_flag_as_text_is_none if {
	asked := pod({"automountServiceAccountToken": "false"})
	service_account_token.findings == {pod_finding} with input as asked
}

test_a_pod_that_asks_for_none_will_do if {
	service_account_token.findings == set() with input as pod({"automountServiceAccountToken": false})
}

test_an_account_that_gives_one_to_every_pod_is_found if {
	service_account_token.findings == {{
		"code": "account",
		"path": ["objects", 0, "automountServiceAccountToken"],
		"params": {"account": "retrieval"},
	}} with input as account("ServiceAccount")
}

test_what_is_no_account_gives_none if {
	service_account_token.findings == set() with input as account("ConfigMap")
}

test_a_token_for_everybody_is_found if {
	service_account_token.findings == {{
		"code": "audience",
		"path": ["objects", 0, "spec", "template", "spec", "volumes", 0, "projected", "sources", 0, "serviceAccountToken"],
		"params": {"volume": "vault", "workload": "retrieval"},
	}} with input as token("")
}

test_a_token_for_somebody_will_do if {
	service_account_token.findings == set() with input as token("vault")
}

test_an_account_that_gives_none_will_do if {
	asked := {"subject": {"resource": {"objects": [{
		"automountServiceAccountToken": false,
		"kind": "ServiceAccount",
		"metadata": {"name": "retrieval"},
	}]}}}
	service_account_token.findings == set() with input as asked
}
