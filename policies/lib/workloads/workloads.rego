# METADATA
# title: Pods among rendered objects
# description: >-
#   Where a pod is described inside any kind that runs one, and the containers in it. A kind that is
#   not known here cannot hide a pod: workloads/known-kinds denies it.
package controlplane.lib.workloads

# Where each kind that runs pods keeps the pod's template.
places := {
	"Pod": [],
	"Deployment": ["spec", "template"],
	"StatefulSet": ["spec", "template"],
	"DaemonSet": ["spec", "template"],
	"ReplicaSet": ["spec", "template"],
	"ReplicationController": ["spec", "template"],
	"PodTemplate": ["template"],
	"Job": ["spec", "template"],
	"CronJob": ["spec", "jobTemplate", "spec", "template"],
}

# Every pod spec: the object's name, its kind, where the spec stands and what it holds; `meta` is
# the metadata that its pods get, and `at` the place of the template.
pods contains pod if {
	some index, manifest in input.subject.resource.objects
	place := places[manifest.kind]
	at := array.concat(["objects", index], place)
	pod := {
		"at": at,
		"kind": manifest.kind,
		"meta": object.get(manifest, array.concat(place, ["metadata"]), {}),
		"name": manifest.metadata.name,
		"path": array.concat(at, ["spec"]),
		"spec": object.get(manifest, array.concat(place, ["spec"]), {}),
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

# Whatever may have a securityContext: every pod, and every container.
holders contains {"path": pod.path, "spec": pod.spec, "who": sprintf("pod %v", [pod.name])} if {
	some pod in pods
}

holders contains {"path": container.path, "spec": container.spec, "who": who} if {
	some container in containers
	who := sprintf("container %v of %v", [container.name, container.workload])
}

# Every volume of every pod.
volumes contains volume if {
	some pod in pods
	some index, spec in pod.spec.volumes
	volume := {
		"name": spec.name,
		"path": array.concat(pod.path, ["volumes", index]),
		"spec": spec,
		"workload": pod.name,
	}
}
