package controlplane.workloads.image_registry_test

import data.controlplane.workloads.image_registry

placement(list, container) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {list: [container]}}},
}]}}}

finding(list, image) := {
	"code": "unknown",
	"path": ["objects", 0, "spec", "template", "spec", list, 0, "image"],
	"params": {"container": "api", "image": image, "workload": "retrieval"},
}

findings(container) := found if {
	found := image_registry.findings with input as placement("containers", container)
		with data.parameters.workloads.image_registry.registries as ["registry.example.com/"]
}

of_image(image) := findings({"image": image, "name": "api"})

expected(image) := {finding("containers", image)}

test_a_registry_that_is_listed_will_do if {
	of_image("registry.example.com/retrieval/api:1.3.0") == set()
}

test_any_path_below_it_will_do if {
	of_image("registry.example.com/evil.test/retrieval/api:1.3.0") == set()
}

test_a_host_that_goes_on_is_another if {
	image := "registry.example.com.evil.test/retrieval/api:1.3.0"
	of_image(image) == expected(image)
}

test_a_letter_that_looks_alike_is_another if {
	image := "registry.examp1e.com/retrieval/api:1.3.0"
	of_image(image) == expected(image)
}

test_another_port_is_another_registry if {
	image := "registry.example.com:5000/retrieval/api:1.3.0"
	of_image(image) == expected(image)
}

test_no_host_is_found if of_image("retrieval/api:1.3.0") == expected("retrieval/api:1.3.0")

test_no_image_is_found if findings({"name": "api"}) == expected("")

test_an_init_container_is_looked_at_as_well if {
	asked := placement("initContainers", {"image": "retrieval/api:1.3.0", "name": "api"})
	image_registry.findings == {finding("initContainers", "retrieval/api:1.3.0")} with input as asked
		with data.parameters.workloads.image_registry.registries as ["registry.example.com/"]
}

test_no_registry_is_trusted_where_none_is_listed if {
	image := "registry.example.com/retrieval/api:1.3.0"
	asked := placement("containers", {"image": image, "name": "api"})
	image_registry.findings == expected(image) with input as asked with data.parameters as {}
}
