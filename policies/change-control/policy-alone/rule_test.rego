package controlplane.change_control.policy_alone_test

import data.controlplane.change_control.policy_alone

change := {"subject": {"resource": {
	"files": [{"path": "policies/access/broad-group/rule.rego", "class": "policy"}],
	"subjects": [{"kind": "Tenant", "name": "acme"}],
}}}

test_room_that_is_used_is_said_once_and_at_the_rule if {
	loosened := [{"rule": "access/broad-group", "flips": 1, "module": "policies/access/broad-group/rule.rego"}]
	found := policy_alone.findings with input as object.union(change, {"facts": {"loosened": loosened}})
	{[finding.code, finding.path] | some finding in found} == {["uses", ["files", 0]]}
}

test_without_any_it_is_mixed if {
	found := policy_alone.findings with input as object.union(change, {"facts": {"loosened": []}})
	{[finding.code, finding.path] | some finding in found} == {["mixed", ["files", 0]]}
}

mixed(kind, name) := {"subject": {"resource": {"subjects": [
	{"kind": "Tenant", "name": "acme"},
	{"kind": kind, "name": name},
]}}}

files(class) := {"subject": {"resource": {
	"files": [{"class": class, "path": "templates/kubernetes/tenant/quota.yaml.j2"}],
	"subjects": [{"kind": "Tenant", "name": "acme"}, {"kind": "Tenant", "name": "borealis"}],
}}}

loosening := {
	"facts": {"loosened": [{
		"flips": 1,
		"module": "policies/access/broad-group/rule.rego",
		"rule": "tenancy/owner-contact",
	}]},
	"subject": {"resource": {"subjects": [
		{"kind": "Tenant", "name": "acme"},
		{"kind": "Tenant", "name": "borealis"},
	]}},
}

mixed_finding(path, count) := {
	"code": "mixed",
	"path": path,
	"params": {"count": count, "example": "Tenant/acme"},
}

test_repository_settings_beside_a_tenant_are_found if {
	policy_alone.findings == {mixed_finding(["subjects", 1], 1)} with input as mixed("Repository", "platform")
}

test_a_waiver_beside_a_tenant_is_found if {
	policy_alone.findings == {mixed_finding(["subjects", 1], 1)} with input as mixed("Waiver", "borealis")
}

test_an_environment_beside_a_tenant_will_do if {
	policy_alone.findings == set() with input as mixed("Environment", "platform")
}

test_a_rule_beside_what_is_no_policy_is_found if {
	policy_alone.findings == {mixed_finding(["files", 0], 2)} with input as files("policy")
}

test_a_template_beside_it_will_do if {
	policy_alone.findings == set() with input as files("security")
}

test_room_that_is_used_is_said_where_all_subjects_stand_if_the_rule_did_not_change if {
	policy_alone.findings == {{
		"code": "uses",
		"path": ["subjects"],
		"params": {
			"count": 2,
			"example": "Tenant/acme",
			"flips": 1,
			"rule": "tenancy/owner-contact",
		},
	}} with input as loosening
}

among_files := {"subject": {"resource": {
	"files": [
		{"class": "security", "path": "templates/kubernetes/tenant/quota.yaml.j2"},
		{"class": "policy", "path": "policies/access/broad-group/rule.rego"},
		{"class": "policy", "path": "policies/access/group-limit/rule.rego"},
	],
	"subjects": [],
}}}

test_it_is_said_at_the_first_policy_file if {
	found := policy_alone.findings with input as object.union(among_files, {"facts": {"loosened": []}})
	{finding.path | some finding in found} == {["files", 1]}
}

test_what_judges_is_said_before_a_policy_file if {
	judging := [{"kind": "Tenant", "name": "acme"}, {"kind": "Waiver", "name": "borealis"}]
	both := object.union(among_files, {"subject": {"resource": {"subjects": judging}}})
	{finding.path | some finding in policy_alone.findings} == {["subjects", 1]} with input as both
}

environment := {"kind": "Environment", "name": "prod"}

by_environment(subjects, files) := {
	"facts": {"loosened": [{"flips": 0, "module": "policies/access/broad-group/rule.rego", "rule": "access/broad-group"}]},
	"subject": {"resource": {"files": files, "subjects": subjects}},
}

test_an_environment_that_loosens_a_rule_is_nothing_else if {
	policy_alone.findings == set() with input as by_environment([environment], [])
}

test_what_is_changed_beside_it_is_found_at_the_environment if {
	found := policy_alone.findings with input as by_environment([{"kind": "Tenant", "name": "acme"}, environment], [])
	{[finding.path, finding.params.example, finding.params.count] | some finding in found} == {[["subjects", 1], "Tenant/acme", 1]}
}

test_an_environment_beside_a_rule_is_something_else if {
	files := [{"class": "policy", "path": "policies/access/group-limit/rule.rego"}]
	found := policy_alone.findings with input as by_environment([environment], files)
	{[finding.path, finding.params.example] | some finding in found} == {[["files", 0], "Environment/prod"]}
}

test_a_template_beside_an_environment_that_loosens_is_found if {
	files := [{"class": "security", "path": "templates/kubernetes/tenant/quota.yaml.j2"}]
	found := policy_alone.findings with input as by_environment([environment], files)
	{finding.params.example | some finding in found} == {"templates/kubernetes/tenant/quota.yaml.j2"}
}
