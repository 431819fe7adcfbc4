# METADATA
# scope: package
# title: A playbook asks somebody before it acts
# description: >-
#   A playbook is a program that changes production. One without a person in it, or whose author may
#   say yes, does at machine speed what nobody decided.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 AC-3(2), dual authorization
# custom:
#   short_name: playbook-approval
#   severity: deny
#   subjects: [Pack]
#   uses: []
#   messages:
#     nobody: "no step of {pack} asks anybody"
#     author: "step {step} of {pack} may be approved by whoever started it"
#     anybody: "step {step} of {pack} may be approved by anybody"
#     robot: "step {step} of {pack} may be approved by a robot"
#   remedy: >-
#     Give at least one step an approval with roles of people, and leave independent at true.
#   controls: ["SOC2 CC5.1", "SOC2 CC8.1", "ISO27001 A.5.3", "ISO27001 A.8.32"]
package controlplane.packs.playbook_approval

playbook := input.subject.resource.spec.playbook

findings contains {"code": "nobody", "path": ["spec", "playbook", "steps"], "params": {"pack": input.subject.name}} if {
	playbook
	count([step | some step in playbook.steps; step.approval]) == 0
}

findings contains about("author", index, step.name) if {
	some index, step in playbook.steps
	step.approval.independent == false
}

findings contains about("anybody", index, step.name) if {
	some index, step in playbook.steps
	count(step.approval.roles) == 0
}

findings contains about("robot", index, step.name) if {
	some index, step in playbook.steps
	"robot" in step.approval.roles
}

about(code, index, step) := {
	"code": code,
	"path": ["spec", "playbook", "steps", index, "approval"],
	"params": {"pack": input.subject.name, "step": step},
}
