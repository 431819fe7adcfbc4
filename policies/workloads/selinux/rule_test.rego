package controlplane.workloads.selinux_test

import data.controlplane.workloads.selinux

container(type) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": {"seLinuxOptions": {"type": type}},
	}]}}},
}]}}}

with_user(user) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": {"seLinuxOptions": {"user": user}}}}},
}]}}}

pod(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": security_context}}},
}]}}}

test_the_type_of_privileged_containers_is_found if {
	selinux.findings == {{
		"code": "type",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "seLinuxOptions", "type"],
		"params": {"type": "spc_t", "who": "container api of retrieval"},
	}} with input as container("spc_t")
}

test_the_type_of_containers_will_do if {
	selinux.findings == set() with input as container("container_t")
}

test_a_user_of_the_system_is_found if {
	selinux.findings == {{
		"code": "identity",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "seLinuxOptions", "user"],
		"params": {"field": "user", "who": "pod retrieval"},
	}} with input as with_user("system_u")
}

test_an_empty_user_is_none if selinux.findings == set() with input as with_user("")

test_a_role_of_the_system_is_found if {
	selinux.findings == {{
		"code": "identity",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "seLinuxOptions", "role"],
		"params": {"field": "role", "who": "pod retrieval"},
	}} with input as pod({"seLinuxOptions": {"role": "system_r"}})
}

test_nothing_that_is_said_will_do if selinux.findings == set() with input as pod({})
