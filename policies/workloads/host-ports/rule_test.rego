package controlplane.workloads.host_ports_test

import data.controlplane.workloads.host_ports

port(containers_port) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"containers": [{"name": "api", "ports": [containers_port]}]}}},
}]}}}

job := {"subject": {"resource": {"objects": [{
	"kind": "CronJob",
	"metadata": {"name": "retrieval"},
	"spec": {"jobTemplate": {"spec": {"template": {"spec": {
		"containers": [{"name": "api", "ports": [{"hostPort": 80}]}],
	}}}}},
}]}}}

test_a_port_of_the_node_is_found if {
	host_ports.findings == {{
		"code": "host-port",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "ports", 0, "hostPort"],
		"params": {"container": "api", "port": "9090", "workload": "retrieval"},
	}} with input as port({"hostPort": 9090})
}

test_a_port_of_nothing_will_do if {
	host_ports.findings == set() with input as port({"hostPort": 0})
}

test_a_port_of_the_pod_will_do if host_ports.findings == set() with input as port({})

test_a_job_that_takes_a_port_of_its_node_is_found if {
	host_ports.findings == {{
		"code": "host-port",
		"path": ["objects", 0, "spec", "jobTemplate", "spec", "template", "spec", "containers", 0, "ports", 0, "hostPort"],
		"params": {"container": "api", "port": "80", "workload": "retrieval"},
	}} with input as job
}
