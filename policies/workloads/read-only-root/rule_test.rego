package controlplane.workloads.read_only_root_test

import data.controlplane.workloads.read_only_root

container(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": security_context,
	}]}}},
}]}}}

finding := {
	"code": "writable",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext"],
	"params": {"container": "api", "workload": "retrieval"},
}

test_a_container_that_can_write_is_found if {
	read_only_root.findings == {finding} with input as container({})
}

test_a_flag_as_text_is_none if {
	read_only_root.findings == {finding} with input as container({"readOnlyRootFilesystem": "true"})
}

test_a_container_that_cannot_write_will_do if {
	read_only_root.findings == set() with input as container({"readOnlyRootFilesystem": true})
}
