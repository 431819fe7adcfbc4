# METADATA
# scope: package
# title: Nothing changes in a frozen environment
# description: >-
#   A freeze is agreed because nobody is there to repair what breaks, or because the business cannot
#   bear it breaking. Only the classes of change that the window exempts may pass.
# related_resources:
#   - ref: https://sre.google/workbook/error-budget-policy/
#     description: Google SRE Workbook, release freeze and exemptions
# custom:
#   short_name: freeze-window
#   severity: deny
#   subjects: [Change, Tenant]
#   uses: [change, facts, time]
#   messages:
#     frozen: "{environment} is frozen ({window}) until {until}, and the change is {class}"
#   remedy: Wait until the window closes, or declare an emergency, which is reviewed afterwards.
#   controls: ["SOC2 CC8.1", "ISO27001 A.8.32", "ISO27001 A.5.29"]
package controlplane.change_control.freeze_window

findings contains finding if {
	input.change.operation != "none"
	some index, placement in input.subject.resource.spec.placements
	some window in input.time.frozen
	window.environment == placement.environment
	some class in input.change.classes
	not exempt(class, window)
	finding := {
		"code": "frozen",
		"path": ["spec", "placements", index, "environment"],
		"params": {
			"class": class,
			"environment": window.environment,
			"until": window.until.text,
			"window": window.name,
		},
	}
}

findings contains finding if {
	some class in unnamed
	some environment in input.subject.resource.blastRadius.environments
	some window in input.time.frozen
	window.environment == environment
	not exempt(class, window)
	finding := {
		"code": "frozen",
		"path": ["blastRadius", "environments"],
		"params": {
			"class": class,
			"environment": environment,
			"until": window.until.text,
			"window": window.name,
		},
	}
}

# What changes an environment without a word in the files of its tenants.
unnamed contains class if {
	some subject in input.subject.resource.subjects
	subject.kind in {"Cluster", "ComputeEngine", "Environment", "Pack", "PackLock"}
	some class in subject.classes
}

unnamed contains class if {
	some subject in input.subject.resource.subjects
	subject.kind == "Tenant"
	subject.operation == "delete"
	some class in subject.classes
}

unnamed contains file.class if {
	some file in input.subject.resource.files
	file.class == "security" # templates, and what packs hold
}

exempt(class, window) if class in window.exempt

# An emergency is claimed by a person; change-control/emergency-provided says whether they may.
exempt(_, window) if {
	input.facts.emergency
	"emergency" in window.exempt
}

# The answer may change when a window closes, and when the next one opens that would forbid this.
turns contains {"window": window, "at": window.until.epochSeconds} if {
	some window in input.time.frozen
}

turns contains {"window": window, "at": window.from.epochSeconds} if {
	some window in input.time.upcoming
}

valid_until contains turn.at if {
	input.change.operation != "none"
	some turn in turns
	window := turn.window
	some placement in input.subject.resource.spec.placements
	window.environment == placement.environment
	some class in input.change.classes
	not exempt(class, window)
}

valid_until contains turn.at if {
	some class in unnamed
	some turn in turns
	window := turn.window
	some environment in input.subject.resource.blastRadius.environments
	window.environment == environment
	not exempt(class, window)
}
