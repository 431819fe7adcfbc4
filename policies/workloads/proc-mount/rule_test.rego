package controlplane.workloads.proc_mount_test

import data.controlplane.workloads.proc_mount

container(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": security_context,
	}]}}},
}]}}}

test_a_container_that_sees_all_of_it_is_found if {
	proc_mount.findings == {{
		"code": "unmasked",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "procMount"],
		"params": {"container": "api", "mount": "Unmasked", "workload": "retrieval"},
	}} with input as container({"procMount": "Unmasked"})
}

test_the_default_in_small_letters_is_another if {
	proc_mount.findings == {{
		"code": "unmasked",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "procMount"],
		"params": {"container": "api", "mount": "default", "workload": "retrieval"},
	}} with input as container({"procMount": "default"})
}

test_the_default_will_do if {
	proc_mount.findings == set() with input as container({"procMount": "Default"})
}

test_nothing_that_is_said_will_do if proc_mount.findings == set() with input as container({})
