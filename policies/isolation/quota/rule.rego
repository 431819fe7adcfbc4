# METADATA
# scope: package
# title: Every namespace has a quota and a limit range
# description: >-
#   Without a quota one tenant's mistake takes the cluster's whole capacity; without a limit range
#   a container that asks for nothing gets everything.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
#     description: Resource quotas
# custom:
#   short_name: quota
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     quota: "namespace {namespace} has no ResourceQuota that limits anything"
#     range: "namespace {namespace} has no LimitRange that limits anything"
#   remedy: >-
#     Render a ResourceQuota with spec.hard and a LimitRange with spec.limits into the namespace
#     (templates/kubernetes/tenant/).
#   controls: ["SOC2 A1.1", "ISO27001 A.8.6"]
package controlplane.isolation.quota

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Namespace"
	namespace := manifest.metadata.name
	not namespace in with_quota
	finding := {
		"code": "quota",
		"path": ["objects", index],
		"params": {"namespace": namespace},
	}
}

findings contains finding if {
	some index, manifest in input.subject.resource.objects
	manifest.kind == "Namespace"
	namespace := manifest.metadata.name
	not namespace in with_range
	finding := {
		"code": "range",
		"path": ["objects", index],
		"params": {"namespace": namespace},
	}
}

with_quota contains manifest.metadata.namespace if {
	some manifest in input.subject.resource.objects
	manifest.kind == "ResourceQuota"
	count(manifest.spec.hard) > 0
}

with_range contains manifest.metadata.namespace if {
	some manifest in input.subject.resource.objects
	manifest.kind == "LimitRange"
	count(manifest.spec.limits) > 0
}
