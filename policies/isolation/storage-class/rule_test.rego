package controlplane.isolation.storage_class_test

import data.controlplane.isolation.storage_class

claim(spec) := {"subject": {"resource": {"objects": [{
	"kind": "PersistentVolumeClaim",
	"metadata": {"name": "index"},
	"spec": spec,
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "index"},
	"spec": {"storageClassName": "encrypted-not"},
}]}}}

set(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"volumeClaimTemplates": [{"spec": {"storageClassName": "standard"}}]},
}]}}}

volume(storage_class_name) := {"subject": {"resource": {"objects": [{
	"kind": "StatefulSet",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {"volumes": [{
		"ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": storage_class_name}}},
		"name": "cache",
	}]}}},
}]}}}

test_a_claim_without_a_class_is_found if {
	storage_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec"],
		"params": {"claim": "index", "class": ""},
	}} with input as claim({}) with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_claim_on_one_volume_is_found if {
	storage_class.findings == {{
		"code": "bound",
		"path": ["objects", 0, "spec", "volumeName"],
		"params": {"claim": "index"},
	}} with input as claim({"storageClassName": "encrypted", "volumeName": "pv-7"})
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_claim_from_another_namespace_is_found if {
	storage_class.findings == {{
		"code": "foreign",
		"path": ["objects", 0, "spec", "dataSourceRef", "namespace"],
		"params": {"claim": "index", "namespace": "other"},
	}} with input as claim({
		"dataSourceRef": {"namespace": "other"},
		"storageClassName": "encrypted",
	})
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_claim_on_encrypted_storage_will_do if {
	storage_class.findings == set() with input as claim({"storageClassName": "encrypted"})
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_another_class_is_found if {
	storage_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec"],
		"params": {"claim": "index", "class": "encrypted-not"},
	}} with input as with_kind("PersistentVolumeClaim")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_what_is_no_claim_will_do if {
	storage_class.findings == set() with input as with_kind("ConfigMap")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_class_in_the_template_of_a_set_is_found if {
	storage_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec", "volumeClaimTemplates", 0, "spec"],
		"params": {"claim": "retrieval", "class": "standard"},
	}} with input as set("StatefulSet")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_template_that_nothing_reads_will_do if {
	storage_class.findings == set() with input as set("Deployment")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_a_class_of_a_volume_that_lives_with_its_pod_is_found if {
	storage_class.findings == {{
		"code": "class",
		"path": ["objects", 0, "spec", "template", "spec", "volumes", 0, "ephemeral", "volumeClaimTemplate", "spec"],
		"params": {"claim": "cache", "class": "standard"},
	}} with input as volume("standard")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}

test_encrypted_storage_for_it_will_do if {
	storage_class.findings == set() with input as volume("encrypted")
		with data.parameters.isolation.storage_class.allowed as ["encrypted"]
}
