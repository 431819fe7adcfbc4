package controlplane.isolation.pod_security_test

import data.controlplane.isolation.pod_security

level(metadata) := {"subject": {"resource": {"objects": [{
	"kind": "Namespace",
	"metadata": metadata,
}]}}}

version(enforce_version) := {"subject": {"resource": {"objects": [{
	"kind": "Namespace",
	"metadata": {
		"labels": {
			"pod-security.kubernetes.io/enforce": "restricted",
			"pod-security.kubernetes.io/enforce-version": enforce_version,
		},
		"name": "acme-prod",
	},
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {
		"labels": {
			"pod-security.kubernetes.io/enforce": "restricted",
			"pod-security.kubernetes.io/enforce-version": "v1.19",
		},
		"name": "acme-prod",
	},
}]}}}

not_restricted_finding := {
	"code": "not-restricted",
	"path": ["objects", 0, "metadata"],
	"params": {"namespace": "acme-prod"},
}

old_version_finding := {
	"code": "old-version",
	"path": ["objects", 0, "metadata", "labels", "pod-security.kubernetes.io/enforce-version"],
	"params": {"namespace": "acme-prod", "version": "v1.19"},
}

test_a_weaker_level_is_found if {
	pod_security.findings == {not_restricted_finding} with input as level({
		"labels": {"pod-security.kubernetes.io/enforce": "baseline"},
		"name": "acme-prod",
	})
}

test_a_namespace_without_a_level_is_found if {
	pod_security.findings == {not_restricted_finding} with input as level({"name": "acme-prod"})
}

test_the_restricted_level_will_do if {
	pod_security.findings == set() with input as level({
		"labels": {"pod-security.kubernetes.io/enforce": "restricted"},
		"name": "acme-prod",
	})
}

test_an_old_version_of_the_level_is_found if {
	pod_security.findings == {old_version_finding} with input as version("v1.19")
}

test_the_latest_version_will_do if {
	pod_security.findings == set() with input as version("latest")
}

test_a_namespace_with_an_old_version_is_found if {
	pod_security.findings == {old_version_finding} with input as with_kind("Namespace")
}

test_what_is_no_namespace_will_do if {
	pod_security.findings == set() with input as with_kind("ConfigMap")
}

test_what_is_no_namespace_needs_no_level if {
	asked := {"subject": {"resource": {"objects": [{"kind": "ConfigMap", "metadata": {"name": "retrieval"}}]}}}
	pod_security.findings == set() with input as asked
}
