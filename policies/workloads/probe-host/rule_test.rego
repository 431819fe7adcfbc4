package controlplane.workloads.probe_host_test

import data.controlplane.workloads.probe_host

probe(host) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"livenessProbe": {"httpGet": {"host": host}},
		"name": "api",
	}]}}},
}]}}}

container(spec_container) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [spec_container]}}},
}]}}}

test_a_probe_of_the_service_of_metadata_is_found if {
	probe_host.findings == {{
		"code": "host",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "livenessProbe", "httpGet", "host"],
		"params": {
			"container": "api",
			"host": "169.254.169.254",
			"probe": "livenessProbe",
			"workload": "retrieval",
		},
	}} with input as probe("169.254.169.254")
}

test_an_empty_host_is_the_pod if probe_host.findings == set() with input as probe("")

test_a_host_that_is_null_is_the_pod if probe_host.findings == set() with input as probe(null)

test_a_hook_that_asks_another_host_is_found if {
	probe_host.findings == {{
		"code": "host",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "lifecycle", "preStop", "tcpSocket", "host"],
		"params": {
			"container": "api",
			"host": "10.0.0.7",
			"probe": "preStop",
			"workload": "retrieval",
		},
	}} with input as container({
		"lifecycle": {"preStop": {"tcpSocket": {"host": "10.0.0.7"}}},
		"name": "api",
	})
}

test_a_probe_at_the_start_that_asks_another_host_is_found if {
	probe_host.findings == {{
		"code": "host",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "startupProbe", "tcpSocket", "host"],
		"params": {
			"container": "api",
			"host": "127.0.0.1",
			"probe": "startupProbe",
			"workload": "retrieval",
		},
	}} with input as container({
		"name": "api",
		"startupProbe": {"tcpSocket": {"host": "127.0.0.1"}},
	})
}

test_a_container_that_asks_nobody_else_will_do if {
	probe_host.findings == set() with input as container({"name": "api"})
}
