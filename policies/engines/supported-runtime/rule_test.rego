package controlplane.engines.supported_runtime_test

import data.controlplane.engines.supported_runtime

cluster(kind, kubernetes) := {"subject": {"resource": {
	"metadata": {"name": "eu-west-1"},
	"spec": {"connection": {"kind": kind}, "runtimes": {"kubernetes": kubernetes}},
}}}

unsaid(kind) := {"subject": {"resource": {
	"metadata": {"name": "eu-west-1"},
	"spec": {"connection": {"kind": kind}},
}}}

finding(version) := {
	"code": "old",
	"path": ["spec", "runtimes", "kubernetes"],
	"params": {"cluster": "eu-west-1", "minimum": 33, "version": version},
}

test_a_version_too_old_is_found if {
	supported_runtime.findings == {finding("1.32.11")} with input as cluster("kubernetes", "1.32.11")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_a_version_without_dots_is_none if {
	supported_runtime.findings == {finding("133")} with input as cluster("kubernetes", "133")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_another_major_version_is_found if {
	supported_runtime.findings == {finding("0.33.0")} with input as cluster("kubernetes", "0.33.0")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_the_oldest_that_is_supported_will_do if {
	supported_runtime.findings == set() with input as cluster("kubernetes", "1.33.0")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_a_letter_in_front_of_it_will_do if {
	supported_runtime.findings == set() with input as cluster("kubernetes", "v1.34.1")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_a_directory_runs_none if {
	supported_runtime.findings == set() with input as cluster("directory", "1.32.11")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_a_version_that_is_not_said_is_found if {
	supported_runtime.findings == {finding("unknown")} with input as unsaid("kubernetes")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}

test_a_directory_has_none_to_say if {
	supported_runtime.findings == set() with input as unsaid("directory")
		with data.parameters.engines.supported_runtime.minimumMinor as 33
}
