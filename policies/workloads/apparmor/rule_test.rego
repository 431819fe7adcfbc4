package controlplane.workloads.apparmor_test

import data.controlplane.workloads.apparmor

container(type) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": {"appArmorProfile": {"type": type}},
	}]}}},
}]}}}

annotated(api) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"metadata": {"annotations": {
		"container.apparmor.security.beta.kubernetes.io/api": api,
	}}}},
}]}}}

pod(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": security_context}}},
}]}}}

test_a_container_without_a_profile_is_found if {
	apparmor.findings == {{
		"code": "profile",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "appArmorProfile", "type"],
		"params": {"profile": "Unconfined", "who": "container api of retrieval"},
	}} with input as container("Unconfined")
}

test_a_profile_in_small_letters_is_none if {
	apparmor.findings == {{
		"code": "profile",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "appArmorProfile", "type"],
		"params": {"profile": "runtimeDefault", "who": "container api of retrieval"},
	}} with input as container("runtimeDefault")
}

test_the_profile_of_the_runtime_will_do if {
	apparmor.findings == set() with input as container("RuntimeDefault")
}

test_a_profile_of_the_node_will_do if {
	apparmor.findings == set() with input as container("Localhost")
}

test_an_annotation_that_switches_it_off_is_found if {
	apparmor.findings == {{
		"code": "annotation",
		"path": ["objects", 0, "spec", "template", "metadata", "annotations", "container.apparmor.security.beta.kubernetes.io/api"],
		"params": {"profile": "unconfined", "workload": "retrieval"},
	}} with input as annotated("unconfined")
}

test_an_annotation_for_the_profile_of_the_runtime_will_do if {
	apparmor.findings == set() with input as annotated("runtime/default")
}

test_an_annotation_for_a_profile_of_the_node_will_do if {
	apparmor.findings == set() with input as annotated("localhost/retrieval")
}

test_a_pod_without_a_profile_is_found if {
	apparmor.findings == {{
		"code": "profile",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "appArmorProfile", "type"],
		"params": {"profile": "Unconfined", "who": "pod retrieval"},
	}} with input as pod({"appArmorProfile": {"type": "Unconfined"}})
}

test_a_pod_of_which_nothing_is_said_will_do if apparmor.findings == set() with input as pod({})

test_another_annotation_will_do if {
	template := {"metadata": {"annotations": {"prometheus.io/scrape": "true"}}}
	asked := {"subject": {"resource": {"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": template},
	}]}}}
	apparmor.findings == set() with input as asked
}
