package controlplane.workloads.image_digest_test

import data.controlplane.workloads.image_digest

digest := "sha256:4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"

placement(list, container) := {"subject": {"resource": {"objects": [{
	"kind": "Deployment",
	"metadata": {"name": "retrieval"},
	"spec": {"template": {"spec": {list: [container]}}},
}]}}}

of_image(image) := placement("containers", {"image": image, "name": "api"})

finding(list, container, image) := {
	"code": "tag",
	"path": ["objects", 0, "spec", "template", "spec", list, 0, "image"],
	"params": {"container": container, "image": image, "workload": "retrieval"},
}

found(image) := {finding("containers", "api", image)}

test_a_digest_will_do if {
	image := concat("@", ["registry.example.com/retrieval/api", digest])
	image_digest.findings == set() with input as of_image(image)
}

test_a_tag_beside_a_digest_will_do if {
	image := concat("@", ["registry.example.com/retrieval/api:1.3.0", digest])
	image_digest.findings == set() with input as of_image(image)
}

test_a_tag_is_found if {
	image := "registry.example.com/retrieval/api:1.2.0"
	image_digest.findings == found(image) with input as of_image(image)
}

test_a_short_digest_is_found if {
	image := "registry.example.com/retrieval/api@sha256:4f4f"
	image_digest.findings == found(image) with input as of_image(image)
}

test_a_digit_too_few_is_found if {
	image := concat("@", ["registry.example.com/retrieval/api", trim_suffix(digest, "f")])
	image_digest.findings == found(image) with input as of_image(image)
}

test_a_digit_too_many_is_found if {
	image := concat("", ["registry.example.com/retrieval/api@", digest, "4"])
	image_digest.findings == found(image) with input as of_image(image)
}

test_a_digest_in_capital_letters_is_found if {
	image := concat("@", ["registry.example.com/retrieval/api", replace(digest, "f", "F")])
	image_digest.findings == found(image) with input as of_image(image)
}

test_a_tag_that_looks_like_a_digest_is_found if {
	image := concat(":", ["registry.example.com/retrieval/api", replace(digest, ":", "-")])
	image_digest.findings == found(image) with input as of_image(image)
}

test_no_image_is_found if {
	image_digest.findings == found("") with input as placement("containers", {"name": "api"})
}

test_an_image_of_an_init_container_is_found if {
	image := "registry.example.com/retrieval/migrate:latest"
	asked := placement("initContainers", {"image": image, "name": "migrate"})
	image_digest.findings == {finding("initContainers", "migrate", image)} with input as asked
}
