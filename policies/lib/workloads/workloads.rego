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
# the metadata that its pods get, and `at` the place of the template. Lists and no sets, here and
# below: evaluators order the members of a set, and these are long.
pods := [pod |
	some index
	manifest := input.subject.resource.objects[index]
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
]

# Every container of every pod, init and ephemeral ones included.
containers := [container |
	some pod in pods
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some index
	spec := pod.spec[list][index]
	container := {
		"kind": pod.kind,
		"list": list,
		"name": spec.name,
		"path": array.concat(pod.path, [list, index]),
		"pod": pod,
		"spec": spec,
		"workload": pod.name,
	}
]

# Whatever may have a securityContext: every pod, and every container.
holders := array.concat(
	[{"path": pod.path, "spec": pod.spec, "who": who} |
		some pod in pods
		who := concat(" ", ["pod", written(pod.name)])
	],
	[{"path": container.path, "spec": container.spec, "who": who} |
		some container in containers
		who := concat(" ", ["container", written(container.name), "of", written(container.workload)])
	],
)

# A name as text. Hosts of compiled policies are asked for `sprintf`, so it is for other values only;
# a list or an object is no name, and is not spelled.
written(name) := name if is_string(name)

written(name) := "without a name" if is_array(name)

written(name) := "without a name" if is_object(name)

written(name) := sprintf("%v", [name]) if {
	not is_string(name)
	not is_array(name)
	not is_object(name)
}

# Every volume of every pod.
volumes := [volume |
	some pod in pods
	some index
	spec := pod.spec.volumes[index]
	volume := {
		"name": spec.name,
		"path": array.concat(pod.path, ["volumes", index]),
		"spec": spec,
		"workload": pod.name,
	}
]
