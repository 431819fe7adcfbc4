package controlplane.engines.accelerators_test

import data.controlplane.engines.accelerators

# Nothing is found in it; each test changes something.
placement := {
	"references": {"Cluster": {"eu-west-1": {"spec": {"hardware": {
		"accelerators": [{"count": 4}, {"count": 2}],
	}}}}},
	"subject": {"resource": {
		"objects": [{
			"kind": "Deployment",
			"metadata": {"name": "retrieval"},
			"spec": {
				"replicas": 2,
				"template": {"spec": {"containers": [{
					"name": "api",
					"resources": {"limits": {"nvidia.com/gpu": "3"}, "requests": {}},
				}]}},
			},
		}],
		"target": "eu-west-1",
	}},
}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec/containers/0/resources", path]),
	"value": value,
}])

added(path, value) := json.patch(placement, [{
	"op": "add",
	"path": concat("/", ["/subject/resource/objects/0/spec/template/spec/containers/0/resources", path]),
	"value": value,
}])

finding(offered, target, wanted) := {
	"code": "more",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "resources", "limits", "nvidia.com/gpu"],
	"params": {
		"device": "nvidia.com/gpu",
		"offered": offered,
		"target": target,
		"wanted": wanted,
		"workload": "retrieval",
	},
}

test_more_than_there_are_is_found if {
	accelerators.findings == {finding(6, "eu-west-1", 8)} with input as changed("limits/nvidia.com~1gpu", 4)
}

test_an_amount_that_is_no_number_is_found if {
	asked := changed("limits/nvidia.com~1gpu", "3k")
	accelerators.findings == {finding(6, "eu-west-1", 2000000)} with input as asked
}

test_as_many_as_there_are_will_do if accelerators.findings == set() with input as placement

test_one_replica_too_many_is_found if {
	asked := json.patch(placement, [{"op": "replace", "path": "/subject/resource/objects/0/spec/replicas", "value": 3}])
	accelerators.findings == {finding(6, "eu-west-1", 9)} with input as asked
}

test_replicas_that_fit_together_will_do if {
	accelerators.findings == set() with input as changed("limits/nvidia.com~1gpu", 2)
}

test_fewer_offered_than_asked_for_are_found if {
	asked := json.patch(placement, [{
		"op": "replace",
		"path": "/references/Cluster/eu-west-1/spec/hardware/accelerators/1/count",
		"value": 1,
	}])
	accelerators.findings == {finding(5, "eu-west-1", 6)} with input as asked
}

test_a_target_that_nobody_knows_offers_none if {
	asked := json.patch(placement, [{"op": "replace", "path": "/subject/resource/target", "value": "eu-west-2"}])
	accelerators.findings == {finding(0, "eu-west-2", 6)} with input as asked
}

test_a_request_is_counted_as_well_as_a_limit if {
	accelerators.findings == {{
		"code": "more",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "resources", "requests", "amd.com/gpu"],
		"params": {
			"device": "amd.com/gpu",
			"offered": 6,
			"target": "eu-west-1",
			"wanted": 14,
			"workload": "retrieval",
		},
	}} with input as added("requests/amd.com~1gpu", "7")
}

test_what_is_no_device_is_not_counted if {
	accelerators.findings == set() with input as added("limits/cpu", "64")
}
