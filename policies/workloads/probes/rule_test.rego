package controlplane.workloads.probes_test

import data.controlplane.workloads.probes

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"livenessProbe": {"httpGet": {}},
		"name": "api",
	}]}}},
}]}}}

readiness(container) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [container]}}},
}]}}}

probe(readiness_probe) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{
		"livenessProbe": {"httpGet": {}},
		"name": "api",
		"readinessProbe": readiness_probe,
	}]}}},
}]}}}

container(spec_container) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [spec_container]}}},
}]}}}

finding(probe) := {
	"code": "missing",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0],
	"params": {"container": "api", "probe": probe, "workload": "retrieval"},
}

test_a_deployment_that_cannot_be_asked_whether_it_is_ready_is_found if {
	probes.findings == {finding("readinessProbe")} with input as with_kind("Deployment")
}

test_a_job_need_not_be_asked if probes.findings == set() with input as with_kind("Job")

test_a_probe_at_the_start_is_not_enough if {
	asked := readiness({"livenessProbe": {"httpGet": {}}, "name": "api"})
	probes.findings == {finding("readinessProbe")} with input as asked
}

test_a_port_that_is_open_will_do if {
	probes.findings == set() with input as readiness({
		"livenessProbe": {"httpGet": {}},
		"name": "api",
		"readinessProbe": {"tcpSocket": {"port": "http"}},
	})
}

test_an_empty_probe_is_none if {
	probes.findings == {finding("readinessProbe")} with input as probe({})
}

test_a_probe_that_asks_something_will_do if {
	probes.findings == set() with input as probe({"httpGet": {"path": "/ready", "port": "http"}})
}

test_a_container_that_cannot_be_asked_whether_it_lives_is_found if {
	asked := container({"name": "api", "readinessProbe": {"httpGet": {}}})
	probes.findings == {finding("livenessProbe")} with input as asked
}

test_a_container_that_can_be_asked_both_will_do if {
	probes.findings == set() with input as container({
		"livenessProbe": {"httpGet": {"path": "/live", "port": "http"}},
		"name": "api",
		"readinessProbe": {"httpGet": {}},
	})
}

test_an_init_container_need_not_be_asked if {
	asked := {"subject": {"resource": {"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": {"spec": {"initContainers": [{"name": "prepare"}]}}},
	}]}}}
	probes.findings == set() with input as asked
}
