package controlplane.workloads.job_deadline_test

import data.controlplane.workloads.job_deadline

# Nothing is found in it; each test changes something.
placement := {"subject": {"resource": {"objects": [
	{"kind": "Job", "metadata": {"name": "import"}, "spec": {"activeDeadlineSeconds": 3600}},
	{
		"kind": "CronJob",
		"metadata": {"name": "etl"},
		"spec": {
			"concurrencyPolicy": "Forbid",
			"jobTemplate": {"spec": {"activeDeadlineSeconds": 86400}},
		},
	},
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

spec_endless_finding := {
	"code": "endless",
	"path": ["objects", 0, "spec"],
	"params": {"job": "import", "kind": "Job", "maximum": 86400},
}

endless_finding_2 := {
	"code": "endless",
	"path": ["objects", 1, "spec", "jobTemplate", "spec"],
	"params": {"job": "etl", "kind": "CronJob", "maximum": 86400},
}

overlap_finding := {"code": "overlap", "path": ["objects", 1, "spec"], "params": {"job": "etl"}}

test_a_job_without_a_deadline_is_found if {
	job_deadline.findings == {spec_endless_finding} with input as removed("0/spec/activeDeadlineSeconds")
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_a_deadline_as_text_is_found if {
	asked := changed("0/spec/activeDeadlineSeconds", "3600")
	job_deadline.findings == {spec_endless_finding} with input as asked
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_a_job_with_a_deadline_will_do if {
	job_deadline.findings == set() with input as placement
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_a_second_more_than_a_day_is_found if {
	asked := changed("1/spec/jobTemplate/spec/activeDeadlineSeconds", 86401)
	job_deadline.findings == {endless_finding_2} with input as asked
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_no_time_at_all_is_no_deadline if {
	asked := changed("1/spec/jobTemplate/spec/activeDeadlineSeconds", 0)
	job_deadline.findings == {endless_finding_2} with input as asked
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_jobs_that_may_overlap_by_default_are_found if {
	job_deadline.findings == {overlap_finding} with input as removed("1/spec/concurrencyPolicy")
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_jobs_that_may_overlap_are_found if {
	job_deadline.findings == {overlap_finding} with input as changed("1/spec/concurrencyPolicy", "Allow")
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_an_empty_policy_is_the_default if {
	job_deadline.findings == {overlap_finding} with input as changed("1/spec/concurrencyPolicy", "")
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_a_policy_that_is_null_is_the_default if {
	job_deadline.findings == {overlap_finding} with input as changed("1/spec/concurrencyPolicy", null)
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_jobs_that_replace_each_other_will_do if {
	job_deadline.findings == set() with input as changed("1/spec/concurrencyPolicy", "Replace")
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}

test_what_is_no_job_need_not_end if {
	asked := json.patch(placement, [
		{"op": "replace", "path": "/subject/resource/objects/0/kind", "value": "Deployment"},
		{"op": "remove", "path": "/subject/resource/objects/0/spec/activeDeadlineSeconds"},
	])
	job_deadline.findings == set() with input as asked
		with data.parameters.workloads.job_deadline.maximumSeconds as 86400
}
