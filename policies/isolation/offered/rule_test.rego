package controlplane.isolation.offered_test

import data.controlplane.isolation.offered

with_isolation(isolation) := {
	"references": {"Cluster": {"eu-west-1": {"spec": {"isolation": ["shared"]}}}},
	"subject": {"resource": {"spec": {"placements": [{
		"isolation": isolation,
		"target": "eu-west-1",
	}]}}},
}

target(cluster) := {
	"references": {"Cluster": cluster},
	"subject": {"resource": {"spec": {"placements": [{
		"isolation": "namespace",
		"target": "eu-west-1",
	}]}}},
}

finding := {
	"code": "not-offered",
	"path": ["spec", "placements", 0, "isolation"],
	"params": {"isolation": "namespace", "target": "eu-west-1"},
}

test_an_isolation_that_is_not_offered_is_found if {
	offered.findings == {finding} with input as with_isolation("namespace")
}

test_an_isolation_that_is_offered_will_do if {
	offered.findings == set() with input as with_isolation("shared")
}

test_a_target_that_does_not_offer_it_is_found if {
	asked := target({"eu-west-1": {"spec": {"isolation": ["namespaces"]}}})
	offered.findings == {finding} with input as asked
}

test_a_target_that_nobody_knows_offers_nothing if {
	offered.findings == {finding} with input as target({})
}

test_a_target_that_offers_it_will_do if {
	offered.findings == set() with input as target({"eu-west-1": {"spec": {"isolation": ["namespace"]}}})
}
