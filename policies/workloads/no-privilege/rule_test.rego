package controlplane.workloads.no_privilege_test

import data.controlplane.workloads.no_privilege

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {
		"containers": [{
			"name": "api",
			"securityContext": {
				"allowPrivilegeEscalation": false,
				"capabilities": {"drop": ["ALL"]},
			},
		}],
		"securityContext": {"runAsNonRoot": true},
	}}},
}]}}}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec", path]),
	"value": value,
}])

added(path, value) := json.patch(placement, [{
	"op": "add",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec", path]),
	"value": value,
}])

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec", path]),
}])

capabilities_finding := {
	"code": "capabilities",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext"],
	"params": {"container": "api", "workload": "retrieval"},
}

root_finding := {
	"code": "root",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext"],
	"params": {"container": "api", "workload": "retrieval"},
}

host_namespace_finding(field) := {
	"code": "host-namespace",
	"path": ["objects", 0, "spec", "template", "spec", field],
	"params": {"field": field, "workload": "retrieval"},
}

test_a_container_with_privilege_is_found if {
	no_privilege.findings == {{
		"code": "privileged",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext", "privileged"],
		"params": {"container": "api", "workload": "retrieval"},
	}} with input as added("containers/0/securityContext/privileged", true)
}

test_a_container_without_privilege_will_do if {
	no_privilege.findings == set() with input as added("containers/0/securityContext/privileged", false)
}

test_a_container_that_may_escalate_is_found if {
	no_privilege.findings == {{
		"code": "escalation",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "securityContext"],
		"params": {"container": "api", "workload": "retrieval"},
	}} with input as removed("containers/0/securityContext/allowPrivilegeEscalation")
}

test_a_container_that_may_not_escalate_will_do if {
	no_privilege.findings == set() with input as placement
}

test_capabilities_that_are_kept_are_found if {
	asked := changed("containers/0/securityContext/capabilities/drop/0", "NET_RAW")
	no_privilege.findings == {capabilities_finding} with input as asked
}

test_all_in_small_letters_is_not_all if {
	asked := changed("containers/0/securityContext/capabilities/drop/0", "all")
	no_privilege.findings == {capabilities_finding} with input as asked
}

test_a_raw_socket_that_is_added_is_found if {
	asked := added("containers/0/securityContext/capabilities/add", ["NET_RAW"])
	no_privilege.findings == {capabilities_finding} with input as asked
}

test_a_capability_that_is_no_list_is_found if {
	asked := added("containers/0/securityContext/capabilities/add", "SYS_ADMIN")
	no_privilege.findings == {capabilities_finding} with input as asked
}

test_a_low_port_that_is_added_will_do if {
	asked := added("containers/0/securityContext/capabilities/add", ["NET_BIND_SERVICE"])
	no_privilege.findings == set() with input as asked
}

test_nothing_that_is_added_will_do if {
	no_privilege.findings == set() with input as added("containers/0/securityContext/capabilities/add", [])
}

test_a_container_that_may_be_root_is_found if {
	asked := added("containers/0/securityContext/runAsNonRoot", false)
	no_privilege.findings == {root_finding} with input as asked
}

test_a_pod_that_may_be_root_is_found if {
	no_privilege.findings == {root_finding} with input as removed("securityContext/runAsNonRoot")
}

test_a_flag_as_text_is_none if {
	no_privilege.findings == {root_finding} with input as changed("securityContext/runAsNonRoot", "true")
}

test_the_network_of_the_node_is_found if {
	asked := added("hostNetwork", true)
	no_privilege.findings == {host_namespace_finding("hostNetwork")} with input as asked
}

test_the_network_of_the_pod_will_do if {
	no_privilege.findings == set() with input as added("hostNetwork", false)
}

test_the_memory_of_the_node_is_found if {
	no_privilege.findings == {host_namespace_finding("hostIPC")} with input as added("hostIPC", true)
}

test_the_processes_of_the_node_are_found if {
	no_privilege.findings == {host_namespace_finding("hostPID")} with input as added("hostPID", true)
}
