package controlplane.workloads.priority_class_test

import data.controlplane.workloads.priority_class

pod(spec) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": spec}},
}]}}}

test_a_class_of_the_system_is_found if {
	priority_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec", "template", "spec", "priorityClassName"],
		"params": {"class": "system-node-critical", "workload": "retrieval"},
	}} with input as pod({"priorityClassName": "system-node-critical"})
		with data.parameters.workloads.priority_class.allowed as ["tenant-batch"]
}

test_a_class_that_is_named_like_one_is_found if {
	priority_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec", "template", "spec", "priorityClassName"],
		"params": {"class": "tenant-batch-urgent", "workload": "retrieval"},
	}} with input as pod({"priorityClassName": "tenant-batch-urgent"})
		with data.parameters.workloads.priority_class.allowed as ["tenant-batch"]
}

test_a_class_that_is_listed_will_do if {
	priority_class.findings == set() with input as pod({"priorityClassName": "tenant-batch"})
		with data.parameters.workloads.priority_class.allowed as ["tenant-batch"]
}

test_no_class_will_do if {
	priority_class.findings == set() with input as pod({})
		with data.parameters.workloads.priority_class.allowed as ["tenant-batch"]
}
