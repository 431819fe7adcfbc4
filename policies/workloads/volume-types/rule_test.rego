package controlplane.workloads.volume_types_test

import data.controlplane.workloads.volume_types

volume(spec_volume) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"volumes": [spec_volume]}}},
}]}}}

volumes(spec_volumes) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"volumes": spec_volumes}}},
}]}}}

finding(field, volume) := {
	"code": "type",
	"path": ["objects", 0, "spec", "template", "spec", "volumes", 0, field],
	"params": {"type": field, "volume": volume, "workload": "retrieval"},
}

test_an_image_as_a_volume_is_found if {
	asked := volume({"image": {}, "name": "scratch"})
	volume_types.findings == {finding("image", "scratch")} with input as asked
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_a_kind_that_is_named_like_one_is_found if {
	asked := volume({"emptydir": {}, "name": "scratch"})
	volume_types.findings == {finding("emptydir", "scratch")} with input as asked
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_a_volume_of_which_nothing_is_said_will_do if {
	volume_types.findings == set() with input as volume({"name": "scratch"})
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_a_kind_beside_one_that_will_do_is_found if {
	asked := volume({"configMap": {}, "hostPath": {}, "name": "config"})
	volume_types.findings == {finding("hostPath", "config")} with input as asked
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_a_kind_that_is_listed_will_do if {
	volume_types.findings == set() with input as volume({"configMap": {}, "name": "config"})
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_a_path_of_the_node_is_found if {
	asked := volumes([{"hostPath": {}, "name": "logs"}])
	volume_types.findings == {finding("hostPath", "logs")} with input as asked
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}

test_no_path_of_the_node_will_do if {
	volume_types.findings == set() with input as volumes([])
		with data.parameters.workloads.volume_types.allowed as ["configMap"]
}
