package controlplane.workloads.seccomp_test

import data.controlplane.workloads.seccomp

container(type) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": {"seccompProfile": {"type": type}},
	}]}}},
}]}}}

unsaid(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": security_context,
	}]}}},
}]}}}

pod(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": security_context}}},
}]}}}

init(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"initContainers": [{
		"name": "prepare",
		"securityContext": security_context,
	}]}}},
}]}}}

container_finding(field, container) := {
	"code": "container",
	"path": ["objects", 0, "spec", "template", "spec", field, 0, "securityContext"],
	"params": {"container": container, "profile": "Unconfined", "workload": "retrieval"},
}

test_a_container_without_a_filter_is_found if {
	seccomp.findings == {container_finding("containers", "api")} with input as container("Unconfined")
}

test_a_filter_of_the_node_will_do if {
	seccomp.findings == set() with input as container("Localhost")
}

test_a_container_of_which_nothing_is_said_is_found if {
	seccomp.findings == {container_finding("containers", "api")} with input as unsaid({})
}

test_a_filter_of_the_container_alone_will_do if {
	seccomp.findings == set() with input as unsaid({"seccompProfile": {"type": "RuntimeDefault"}})
}

test_a_pod_without_a_filter_is_found if {
	seccomp.findings == {{
		"code": "pod",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "seccompProfile", "type"],
		"params": {"profile": "Unconfined", "workload": "retrieval"},
	}} with input as pod({"seccompProfile": {"type": "Unconfined"}})
}

test_a_pod_of_which_nothing_is_said_will_do if seccomp.findings == set() with input as pod({})

test_an_init_container_without_a_filter_is_found if {
	seccomp.findings == {container_finding("initContainers", "prepare")} with input as init({})
}

test_an_init_container_with_a_filter_will_do if {
	seccomp.findings == set() with input as init({"seccompProfile": {"type": "RuntimeDefault"}})
}
