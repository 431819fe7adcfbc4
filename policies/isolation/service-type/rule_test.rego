package controlplane.isolation.service_type_test

import data.controlplane.isolation.service_type

service(spec) := {"subject": {"resource": {"objects": [{
	"kind": "Service",
	"metadata": {"name": "retrieval"},
	"spec": spec,
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"type": "NodePort"},
}]}}}

finding(type) := {
	"code": "type",
	"path": ["objects", 0, "spec", "type"],
	"params": {"allowed": "ClusterIP", "service": "retrieval", "type": type},
}

test_a_load_balancer_is_found if {
	service_type.findings == {finding("LoadBalancer")} with input as service({"type": "LoadBalancer"})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_a_port_of_every_node_is_found if {
	service_type.findings == {finding("NodePort")} with input as service({"type": "NodePort"})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_a_name_from_outside_is_found if {
	service_type.findings == {finding("ExternalName")} with input as service({"type": "ExternalName"})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_the_type_in_small_letters_is_another if {
	service_type.findings == {finding("clusterIP")} with input as service({"type": "clusterIP"})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_an_address_inside_the_cluster_will_do if {
	service_type.findings == set() with input as service({"type": "ClusterIP"})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_no_type_will_do if {
	service_type.findings == set() with input as service({})
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_a_service_with_a_port_of_every_node_is_found if {
	service_type.findings == {finding("NodePort")} with input as with_kind("Service")
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}

test_what_is_no_service_will_do if {
	service_type.findings == set() with input as with_kind("ServiceAccount")
		with data.parameters.isolation.service_type.allowed as ["ClusterIP"]
}
