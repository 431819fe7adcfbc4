# METADATA
# scope: package
# title: Containers cannot change their own image
# description: >-
#   Whoever breaks into a container writes tools and a way back into its file system. Where that
#   is read-only, and scratch space is a volume of its own, there is nowhere to write to that is
#   executed.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/190/final
#     description: NIST SP 800-190, root filesystems in read-only mode
# custom:
#   short_name: read-only-root
#   severity: deny
#   subjects: [Placement]
#   uses: [rendered]
#   messages:
#     writable: "container {container} of {workload} may write to its root file system"
#   remedy: >-
#     Set securityContext.readOnlyRootFilesystem: true on the container, and mount an emptyDir
#     where it must write.
#   controls: ["SOC2 CC6.8", "ISO27001 A.8.7", "ISO27001 A.8.9"]
#   twins: ["gatekeeper-library: K8sPSPReadOnlyRootFilesystem", "kyverno: require-ro-rootfs"]
package controlplane.workloads.read_only_root

import data.controlplane.lib.workloads

field := ["securityContext", "readOnlyRootFilesystem"]

findings contains finding if {
	some container in workloads.containers
	object.get(container.spec, field, false) != true
	finding := {
		"code": "writable",
		"path": array.concat(container.path, ["securityContext"]),
		"params": {"container": container.name, "workload": container.workload},
	}
}
