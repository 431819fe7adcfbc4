package controlplane.secrets.granted_test

import data.controlplane.secrets.granted

# Nothing is found in it; each test changes something.
placement := {
	"references": {"Pack": {"retrieval@1.3.0": {"spec": {
		"capabilities": {"secrets": [{"name": "retrieval"}]},
	}}}},
	"subject": {"resource": {"objects": [{
		"kind": "Deployment",
		"metadata": {
			"labels": {"app.kubernetes.io/version": "1.3.0", "controlplane.dev/pack": "retrieval"},
			"name": "retrieval",
		},
		"spec": {"template": {"spec": {
			"containers": [{
				"env": [{"valueFrom": {"secretKeyRef": {"name": "retrieval"}}}],
				"envFrom": [{"secretRef": {"name": "retrieval"}}],
				"name": "api",
			}],
			"volumes": [
				{"name": "v", "secret": {"secretName": "retrieval"}},
				{"name": "p", "projected": {"sources": [{"secret": {"name": "retrieval"}}]}},
			],
		}}},
	}]}},
}

changed(path, value) := json.patch(placement, [{
	"op": "replace",
	"path": concat("/", ["/subject/resource/objects/0", path]),
	"value": value,
}])

removed(path) := json.patch(placement, [{
	"op": "remove",
	"path": concat("/", ["/subject/resource/objects/0", path]),
}])

finding(pack, secret) := {
	"code": "ungranted",
	"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "env", 0],
	"params": {"pack": pack, "secret": secret, "workload": "retrieval"},
}

test_a_variable_from_a_secret_of_another_pack_is_found if {
	asked := changed("spec/template/spec/containers/0/env/0/valueFrom/secretKeyRef/name", "etl-source")
	granted.findings == {finding("retrieval@1.3.0", "etl-source")} with input as asked
}

test_a_variable_from_its_secret_will_do if granted.findings == set() with input as placement

test_variables_from_a_secret_of_another_pack_are_found if {
	granted.findings == {{
		"code": "ungranted",
		"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "envFrom", 0],
		"params": {"pack": "retrieval@1.3.0", "secret": "retrieval-2", "workload": "retrieval"},
	}} with input as changed("spec/template/spec/containers/0/envFrom/0/secretRef/name", "retrieval-2")
}

test_a_volume_from_a_secret_of_another_pack_is_found if {
	granted.findings == {{
		"code": "ungranted",
		"path": ["objects", 0, "spec", "template", "spec", "volumes", 0],
		"params": {"pack": "retrieval@1.3.0", "secret": "etl-source", "workload": "retrieval"},
	}} with input as changed("spec/template/spec/volumes/0/secret/secretName", "etl-source")
}

test_a_part_of_a_volume_from_a_secret_of_another_pack_is_found if {
	granted.findings == {{
		"code": "ungranted",
		"path": ["objects", 0, "spec", "template", "spec", "volumes", 1, "projected", "sources", 0],
		"params": {"pack": "retrieval@1.3.0", "secret": "etl-source", "workload": "retrieval"},
	}} with input as changed("spec/template/spec/volumes/1/projected/sources/0/secret/name", "etl-source")
}

test_a_pod_of_no_pack_was_granted_nothing if {
	granted.findings == {
		finding("none@1.3.0", "retrieval"),
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "envFrom", 0],
			"params": {"pack": "none@1.3.0", "secret": "retrieval", "workload": "retrieval"},
		},
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "volumes", 0],
			"params": {"pack": "none@1.3.0", "secret": "retrieval", "workload": "retrieval"},
		},
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "volumes", 1, "projected", "sources", 0],
			"params": {"pack": "none@1.3.0", "secret": "retrieval", "workload": "retrieval"},
		},
	} with input as removed("metadata/labels/controlplane.dev~1pack")
}

test_a_pod_of_another_version_was_granted_nothing if {
	granted.findings == {
		finding("retrieval@1.2.0", "retrieval"),
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "containers", 0, "envFrom", 0],
			"params": {"pack": "retrieval@1.2.0", "secret": "retrieval", "workload": "retrieval"},
		},
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "volumes", 0],
			"params": {"pack": "retrieval@1.2.0", "secret": "retrieval", "workload": "retrieval"},
		},
		{
			"code": "ungranted",
			"path": ["objects", 0, "spec", "template", "spec", "volumes", 1, "projected", "sources", 0],
			"params": {"pack": "retrieval@1.2.0", "secret": "retrieval", "workload": "retrieval"},
		},
	} with input as changed("metadata/labels/app.kubernetes.io~1version", "1.2.0")
}

test_a_secret_that_its_pack_asks_for_will_do if {
	asked := json.patch(placement, [
		{
			"op": "replace",
			"path": "/subject/resource/objects/0/spec/template/spec/containers/0/envFrom/0/secretRef/name",
			"value": "retrieval-2",
		},
		{
			"op": "add",
			"path": "/references/Pack/retrieval@1.3.0/spec/capabilities/secrets/1",
			"value": {"name": "retrieval-2"},
		},
	])
	granted.findings == set() with input as asked
}
