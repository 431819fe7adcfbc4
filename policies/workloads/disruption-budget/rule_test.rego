package controlplane.workloads.disruption_budget_test

import data.controlplane.workloads.disruption_budget

budget(spec) := {"subject": {"resource": {"objects": [{
	"kind": "PodDisruptionBudget",
	"metadata": {"name": "retrieval"},
	"spec": spec,
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
}]}}}

finding := {"code": "blocks", "path": ["objects", 0, "spec"], "params": {"budget": "retrieval"}}

test_a_budget_that_says_nothing_is_found if {
	disruption_budget.findings == {finding} with input as budget({})
}

test_none_is_found if {
	disruption_budget.findings == {finding} with input as budget({"maxUnavailable": 0})
}

test_no_percent_is_found if {
	disruption_budget.findings == {finding} with input as budget({"maxUnavailable": "00%"})
}

test_one_will_do if {
	disruption_budget.findings == set() with input as budget({"maxUnavailable": 1})
}

test_ten_percent_will_do if {
	disruption_budget.findings == set() with input as budget({"maxUnavailable": "10%"})
}

test_a_budget_that_blocks_is_found if {
	disruption_budget.findings == {finding} with input as with_kind("PodDisruptionBudget")
}

test_what_is_no_budget_blocks_nothing if {
	disruption_budget.findings == set() with input as with_kind("ConfigMap")
}
