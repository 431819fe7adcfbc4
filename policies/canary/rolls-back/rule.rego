# METADATA
# scope: package
# title: In production a failed canary goes back by itself
# description: >-
#   A rollout that pauses on a fault leaves the faulty version with the customers who have it, until
#   somebody wakes up.
# related_resources:
#   - ref: https://docs.aws.amazon.com/wellarchitected/latest/framework/ops_mit_deploy_risks_auto_testing_and_rollback.html
#     description: AWS Well-Architected OPS06-BP04, automatic rollback
# custom:
#   short_name: rolls-back
#   severity: deny
#   subjects: [CanaryRule]
#   uses: [references]
#   messages:
#     stays: "{rule} stays on the faulty version in {environment}"
#   remedy: >-
#     Set onFailure.action to rollback, or keep the rule out of production.
#   controls: ["SOC2 CC8.1", "SOC2 A1.2", "ISO27001 A.8.32"]
package controlplane.canary.rolls_back

import data.controlplane.lib.references

spec := input.subject.resource.spec

# A rule that names no environment is for all of them.
reached contains environment if {
	some environment in spec.subjects.environments
	references.production(environment)
}

reached contains "production" if count(spec.subjects.environments) == 0

findings contains finding if {
	spec.onFailure.action != "rollback"
	some environment in reached
	finding := {
		"code": "stays",
		"path": ["spec", "onFailure", "action"],
		"params": {"environment": environment, "rule": input.subject.name},
	}
}
