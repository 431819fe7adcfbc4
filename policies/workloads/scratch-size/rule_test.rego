package controlplane.workloads.scratch_size_test

import data.controlplane.workloads.scratch_size

scratch(empty_dir) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"volumes": [{"emptyDir": empty_dir, "name": "scratch"}]}}},
}]}}}

volume(spec_volume) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"volumes": [spec_volume]}}},
}]}}}

finding := {
	"code": "unbounded",
	"path": ["objects", 0, "spec", "template", "spec", "volumes", 0],
	"params": {"volume": "scratch", "workload": "retrieval"},
}

test_space_without_a_limit_is_found if {
	scratch_size.findings == {finding} with input as scratch({})
}

test_a_limit_of_zero_is_none if {
	scratch_size.findings == {finding} with input as scratch({"sizeLimit": "0"})
}

test_a_limit_of_zero_gigabytes_is_none if {
	scratch_size.findings == {finding} with input as scratch({"sizeLimit": "0.0Gi"})
}

test_space_with_a_limit_will_do if {
	scratch_size.findings == set() with input as scratch({"sizeLimit": "1Mi"})
}

test_a_volume_of_which_nothing_is_said_is_scratch_space if {
	scratch_size.findings == {finding} with input as volume({"name": "scratch"})
}

test_a_claim_that_is_null_is_none if {
	asked := volume({"name": "scratch", "persistentVolumeClaim": null})
	scratch_size.findings == {finding} with input as asked
}

test_a_claim_is_no_scratch_space if {
	scratch_size.findings == set() with input as volume({
		"name": "scratch",
		"persistentVolumeClaim": {"claimName": "retrieval"},
	})
}
