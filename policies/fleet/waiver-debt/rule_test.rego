package controlplane.fleet.waiver_debt_test

import data.controlplane.fleet.waiver_debt

fleet(count) := {"subject": {"resource": {"waivers": {"byRule": {
	"items": [{"count": count, "rule": "workloads/probes"}],
}}}}}

test_one_waiver_too_many_of_one_rule_is_found if {
	waiver_debt.findings == {{
		"code": "many",
		"path": ["waivers", "byRule", "items", 0],
		"params": {"count": 11, "most": 10, "rule": "workloads/probes"},
	}} with input as fleet(11) with data.parameters.fleet.waiver_debt.mostOfOneRule as 10
}

test_as_many_as_there_may_be_will_do if {
	waiver_debt.findings == set() with input as fleet(10)
		with data.parameters.fleet.waiver_debt.mostOfOneRule as 10
}
