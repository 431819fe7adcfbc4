package controlplane.isolation.cluster_scope_test

import data.controlplane.isolation.cluster_scope

placement(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
}]}}}

role(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "reader"},
}]}}}

finding(kind, object) := {
	"code": "cluster",
	"path": ["objects", 0, "kind"],
	"params": {"kind": kind, "object": object},
}

test_a_volume_of_the_cluster_is_found if {
	asked := placement("PersistentVolume")
	cluster_scope.findings == {finding("PersistentVolume", "retrieval")} with input as asked
}

test_a_webhook_is_found if {
	asked := placement("ValidatingWebhookConfiguration")
	cluster_scope.findings == {finding("ValidatingWebhookConfiguration", "retrieval")} with input as asked
}

test_a_claim_of_the_namespace_will_do if {
	cluster_scope.findings == set() with input as placement("PersistentVolumeClaim")
}

test_a_role_of_the_cluster_is_found if {
	cluster_scope.findings == {finding("ClusterRole", "reader")} with input as role("ClusterRole")
}

test_a_role_of_the_namespace_will_do if {
	cluster_scope.findings == set() with input as role("Role")
}
