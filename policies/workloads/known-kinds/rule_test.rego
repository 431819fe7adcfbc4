package controlplane.workloads.known_kinds_test

import data.controlplane.workloads.known_kinds

workload(kind) := {"subject": {"resource": {"objects": [{"apiVersion": "apps/v1", "kind": kind}]}}}

kinds := ["apps/v1/DaemonSet", "apps/v1/Deployment", "v1/Namespace"]

version(api_version) := {"subject": {"resource": {"objects": [{
	"apiVersion": api_version,
	"kind": "Deployment",
}]}}}

object(resource_object) := {"subject": {"resource": {"objects": [resource_object]}}}

finding(api_version, kind) := {
	"code": "unknown",
	"path": ["objects", 0, "kind"],
	"params": {"apiVersion": api_version, "kind": kind},
}

test_a_kind_that_is_named_like_one_is_found if {
	known_kinds.findings == {finding("apps/v1", "Deployments")} with input as workload("Deployments")
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_a_kind_that_is_listed_will_do if {
	known_kinds.findings == set() with input as workload("DaemonSet")
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_an_older_version_of_a_kind_is_found if {
	known_kinds.findings == {finding("apps/v1beta2", "Deployment")} with input as version("apps/v1beta2")
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_a_later_version_of_a_kind_is_found if {
	known_kinds.findings == {finding("apps/v2", "Deployment")} with input as version("apps/v2")
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_the_version_that_is_listed_will_do if {
	known_kinds.findings == set() with input as version("apps/v1")
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_no_kind_is_found if {
	known_kinds.findings == {finding("v1", "")} with input as object({"apiVersion": "v1"})
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_a_kind_that_is_not_listed_is_found if {
	asked := object({"apiVersion": "v1", "kind": "ClusterRole"})
	known_kinds.findings == {finding("v1", "ClusterRole")} with input as asked
		with data.parameters.workloads.known_kinds.kinds as kinds
}

test_a_namespace_will_do if {
	known_kinds.findings == set() with input as object({"apiVersion": "v1", "kind": "Namespace"})
		with data.parameters.workloads.known_kinds.kinds as kinds
}
