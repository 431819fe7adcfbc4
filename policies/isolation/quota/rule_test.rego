package controlplane.isolation.quota_test

import data.controlplane.isolation.quota

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [
	{"kind": "Namespace", "metadata": {"name": "acme-prod"}},
	{
		"kind": "ResourceQuota",
		"metadata": {"namespace": "acme-prod"},
		"spec": {"hard": {"pods": "40"}},
	},
	{"kind": "LimitRange", "metadata": {"namespace": "acme-prod"}, "spec": {"limits": [{}]}},
]}}}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects", path]),
	"value": value,
}])

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects", path]),
}])

quota_finding := {"code": "quota", "path": ["objects", 0], "params": {"namespace": "acme-prod"}}

range_finding := {"code": "range", "path": ["objects", 0], "params": {"namespace": "acme-prod"}}

test_what_is_no_quota_is_none if {
	quota.findings == {quota_finding} with input as changed("1/kind", "ConfigMap")
}

test_a_quota_will_do if quota.findings == set() with input as placement

test_an_empty_quota_is_none if {
	quota.findings == {quota_finding} with input as removed("1/spec/hard/pods")
}

test_a_quota_on_storage_is_one if {
	asked := json.patch(placement, [
		{
			"op": "add",
			"path": "/subject/resource/objects/1/spec/hard/requests.storage",
			"value": "1Gi",
		},
		{"op": "remove", "path": "/subject/resource/objects/1/spec/hard/pods"},
	])
	quota.findings == set() with input as asked
}

test_a_quota_of_another_namespace_is_none_of_this_one if {
	quota.findings == {quota_finding} with input as changed("1/metadata/namespace", "acme-dev")
}

test_an_empty_range_is_none if {
	quota.findings == {range_finding} with input as removed("2/spec/limits/0")
}

test_a_range_of_another_namespace_is_none_of_this_one if {
	quota.findings == {range_finding} with input as changed("2/metadata/namespace", "acme-dev")
}

test_a_namespace_without_a_range_is_found if {
	quota.findings == {range_finding} with input as changed("2/kind", "ConfigMap")
}

test_what_is_no_namespace_needs_none if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/kind", "value": "ConfigMap"},
		{"op": "replace", "path": "/subject/resource/objects/2/kind", "value": "ConfigMap"},
	])
	quota.findings == set() with input as asked
}

test_what_is_no_namespace_needs_no_quota if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/kind", "value": "ConfigMap"},
		{"op": "replace", "path": "/subject/resource/objects/1/kind", "value": "ConfigMap"},
	])
	quota.findings == set() with input as asked
}
