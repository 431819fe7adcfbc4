# METADATA
# scope: package
# title: Jobs end
# description: >-
#   A job that hangs holds its quota and its bill until somebody looks; a schedule that starts the
#   next run beside a hung one multiplies both.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/job/
#     description: Jobs, termination and cleanup
#   - ref: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
#     description: CronJobs, concurrency policy
# custom:
#   short_name: job-deadline
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     endless: "{kind} {job} has no activeDeadlineSeconds of at most {maximum}"
#     overlap: "CronJob {job} starts a run beside one that is not done"
#   remedy: >-
#     Set activeDeadlineSeconds on the Job (of a CronJob: in jobTemplate.spec), and
#     concurrencyPolicy: Forbid or Replace on the CronJob.
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.workloads.job_deadline

import data.controlplane.lib.quantities

places := {
	"CronJob": ["spec", "jobTemplate", "spec", "activeDeadlineSeconds"],
	"Job": ["spec", "activeDeadlineSeconds"],
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	place := places[manifest.kind]
	deadline := quantities.number_or(object.get(manifest, place, 0), 0)
	not bounded(deadline)
	finding := {
		"code": "endless",
		"path": array.concat(["objects", index], array.slice(place, 0, count(place) - 1)),
		"params": {
			"job": manifest.metadata.name,
			"kind": manifest.kind,
			"maximum": data.parameters.workloads.job_deadline.maximumSeconds,
		},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "CronJob"
	object.get(manifest, ["spec", "concurrencyPolicy"], "") in {"", "Allow", null}
	finding := {
		"code": "overlap",
		"path": ["objects", index, "spec"],
		"params": {"job": manifest.metadata.name},
	}
}

bounded(deadline) if {
	deadline > 0
	deadline <= data.parameters.workloads.job_deadline.maximumSeconds
}
