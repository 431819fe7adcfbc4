package controlplane.workloads.root_user_test

import data.controlplane.workloads.root_user

pod(run_as_user) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": {"runAsUser": run_as_user}}}},
}]}}}

security(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"securityContext": security_context}}},
}]}}}

container(security_context) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"securityContext": security_context,
	}]}}},
}]}}}

test_user_0_is_found if {
	root_user.findings == {{
		"code": "zero",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "runAsUser"],
		"params": {"field": "runAsUser", "who": "pod retrieval"},
	}} with input as pod(0)
}

test_user_1_will_do if root_user.findings == set() with input as pod(1)

test_files_of_group_0_are_found if {
	root_user.findings == {{
		"code": "zero",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "fsGroup"],
		"params": {"field": "fsGroup", "who": "pod retrieval"},
	}} with input as security({"fsGroup": 0})
}

test_files_of_no_group_will_do if root_user.findings == set() with input as security({})

test_group_0_of_a_container_is_found if {
	root_user.findings == {{
		"code": "zero",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "runAsGroup"],
		"params": {"field": "runAsGroup", "who": "container api of retrieval"},
	}} with input as container({"runAsGroup": 0})
}

test_no_group_of_a_container_will_do if root_user.findings == set() with input as container({})

test_an_id_in_text_or_of_nothing_is_found if {
	every id in ["0", "1", null, [], {}] {
		count(root_user.findings) == 1 with input as pod(id)
	}
}

test_group_0_besides_is_found if {
	root_user.findings == {{
		"code": "zero",
		"path": ["objects", 0, "spec", "template", "spec", "securityContext", "supplementalGroups"],
		"params": {"field": "supplementalGroups", "who": "pod retrieval"},
	}} with input as security({"supplementalGroups": [1, 0]})
}

test_other_groups_besides_will_do if root_user.findings == set() with input as security({"supplementalGroups": [1]})

test_groups_that_are_no_list_are_found if count(root_user.findings) == 1 with input as security({"supplementalGroups": {"a": 1}})

test_no_groups_besides_will_do if root_user.findings == set() with input as security({"supplementalGroups": []})
