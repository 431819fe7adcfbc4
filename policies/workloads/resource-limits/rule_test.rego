package controlplane.workloads.resource_limits_test

import data.controlplane.workloads.resource_limits

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"name": "api",
		"resources": {
			"limits": {"cpu": "1", "memory": "512Mi"},
			"requests": {"cpu": "250m", "memory": "256Mi"},
		},
	}]}}},
}]}}}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec/containers/0", path]),
	"value": value,
}])

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec/containers/0", path]),
}])

finding(kind, resource) := {
	"code": "missing",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "resources"],
	"params": {"container": "api", "kind": kind, "resource": resource, "workload": "retrieval"},
}

test_no_limit_on_memory_is_found if {
	asked := removed("resources/limits/memory")
	resource_limits.findings == {finding("limits", "memory")} with input as asked
}

test_a_limit_of_zero_is_none if {
	asked := changed("resources/limits/memory", "0")
	resource_limits.findings == {finding("limits", "memory")} with input as asked
}

test_a_limit_of_zero_megabytes_is_none if {
	asked := changed("resources/limits/memory", "0Mi")
	resource_limits.findings == {finding("limits", "memory")} with input as asked
}

test_a_limit_of_zero_thousands_is_none if {
	asked := changed("resources/limits/memory", "0e3")
	resource_limits.findings == {finding("limits", "memory")} with input as asked
}

test_a_limit_on_memory_will_do if resource_limits.findings == set() with input as placement

test_a_limit_of_one_byte_is_one if {
	resource_limits.findings == set() with input as changed("resources/limits/memory", "1")
}

test_no_request_for_time_is_found if {
	resource_limits.findings == {finding("requests", "cpu")} with input as removed("resources/requests/cpu")
}

test_no_request_for_memory_is_found if {
	asked := changed("resources/requests/memory", "0")
	resource_limits.findings == {finding("requests", "memory")} with input as asked
}

test_a_container_that_says_nothing_is_found if {
	resource_limits.findings == {
		finding("limits", "memory"),
		finding("requests", "cpu"),
		finding("requests", "memory"),
	} with input as removed("resources")
}

test_a_container_needs_no_limit_on_time if {
	resource_limits.findings == set() with input as removed("resources/limits/cpu")
}

test_an_init_container_that_says_nothing_is_found if {
	asked := json.patch(placement, [{
		"op": "add",
		"path": "/subject/resource/objects/0/spec/template/spec/initContainers",
		"value": [{"name": "migrate"}],
	}])
	resource_limits.findings == {
		{
			"code": "missing",
			"path": ["objects", 0, "spec", "template", "spec", "initContainers", 0, "resources"],
			"params": {
				"container": "migrate",
				"kind": "limits",
				"resource": "memory",
				"workload": "retrieval",
			},
		},
		{
			"code": "missing",
			"path": ["objects", 0, "spec", "template", "spec", "initContainers", 0, "resources"],
			"params": {
				"container": "migrate",
				"kind": "requests",
				"resource": "cpu",
				"workload": "retrieval",
			},
		},
		{
			"code": "missing",
			"path": ["objects", 0, "spec", "template", "spec", "initContainers", 0, "resources"],
			"params": {
				"container": "migrate",
				"kind": "requests",
				"resource": "memory",
				"workload": "retrieval",
			},
		},
	} with input as asked
}

test_an_ephemeral_container_cannot_have_one if {
	asked := {"subject": {"resource": {"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": {"spec": {"ephemeralContainers": [{"name": "debug"}]}}},
	}]}}}
	resource_limits.findings == set() with input as asked
}
