# METADATA
# title: Pods among rendered objects
# description: >-
#   Where a pod is described inside any kind that runs one, and the containers in it. A kind that is
#   not known here cannot hide a pod: workloads/known-kinds denies it.
package controlplane.lib.workloads

# Where each kind that runs pods keeps the pod's spec.
places := {
	"Pod": ["spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

# Every pod spec: the object's name, its kind, where the spec stands and what it holds.
pods contains pod if {
	some index, manifest in input.subject.resource.objects
	place := places[manifest.kind]
	pod := {
		"kind": manifest.kind,
		"name": manifest.metadata.name,
		"path": array.concat(["objects", index], place),
		"spec": object.get(manifest, place, {}),
	}
}

# Every container of every pod, init and ephemeral ones included.
containers contains container if {
	some pod in pods
	some list in {"containers", "initContainers", "ephemeralContainers"}
	some index, spec in pod.spec[list]
	container := {
		"kind": pod.kind,
		"list": list,
		"name": spec.name,
		"path": array.concat(pod.path, [list, index]),
		"pod": pod,
		"spec": spec,
		"workload": pod.name,
	}
}
