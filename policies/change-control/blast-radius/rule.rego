# METADATA
# scope: package
# title: One change reaches only so many tenants
# description: >-
#   A change that reaches every tenant at once leaves nobody to learn from. Beyond the limit it is to
#   be rolled out in waves: one channel, one environment or one group of tenants at a time.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/framework/ops_mit_deploy_risks_deploy_mgmt_sys.html
#     description: AWS Well-Architected OPS06-BP03, safe deployment strategies
# custom:
#   short_name: blast-radius
#   severity: warn
#   subjects: [Change]
#   uses: [change, parameters]
#   messages:
#     wide: "the change reaches {count} tenants; {limit} is the limit for one change"
#   remedy: >-
#     Split the change by channel, environment or tenant, or raise maximumTenants for
#     change-control/blast-radius in repository.yaml.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.32"]
package controlplane.change_control.blast_radius

findings contains finding if {
	limit := object.get(data.parameters, ["change_control", "blast_radius", "maximumTenants"], 0)
	reached := count(input.subject.resource.blastRadius.tenants)
	not reached <= limit
	finding := {
		"code": "wide",
		"path": ["blastRadius", "tenants"],
		"params": {"count": reached, "limit": limit},
	}
}
