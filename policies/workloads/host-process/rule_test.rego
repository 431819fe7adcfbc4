package controlplane.workloads.host_process_test

import data.controlplane.workloads.host_process

container(windows_options_host_process) := {"subject": {"resource": {
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": {"spec": {"containers": [{
			"name": "api",
			"securityContext": {"windowsOptions": {"hostProcess": windows_options_host_process}},
		}]}}},
	}],
}}}

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

finding := {
	"code": "host-process",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "windowsOptions", "hostProcess"],
	"params": {"who": "container api of retrieval"},
}

test_a_container_as_a_process_of_its_node_is_found if {
	host_process.findings == {finding} with input as container(true)
}

test_a_flag_as_text_is_found if {
	host_process.findings == {finding} with input as container("false")
}

test_a_flag_that_is_off_will_do if {
	host_process.findings == set() with input as container(false)
}

test_a_pod_as_a_process_of_its_node_is_found if {
	host_process.findings == {{
		"code": "host-process",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "windowsOptions", "hostProcess"],
		"params": {"who": "pod retrieval"},
	}} with input as pod({"windowsOptions": {"hostProcess": true}})
}

test_a_pod_of_which_nothing_is_said_will_do if {
	host_process.findings == set() with input as pod({})
}

test_an_init_container_as_a_process_of_its_node_is_found if {
	host_process.findings == {{
		"code": "host-process",
		"path": ["objects", 0, "spec", "template", "spec", "initContainers", 0, "securityContext", "windowsOptions", "hostProcess"],
		"params": {"who": "container prepare of retrieval"},
	}} with input as init({"windowsOptions": {"hostProcess": true}})
}

test_an_init_container_of_which_nothing_is_said_will_do if {
	host_process.findings == set() with input as init({})
}
