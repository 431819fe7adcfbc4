package controlplane.fleet.capacity_test

import data.controlplane.fleet.capacity

declared(cpu_milli) := {"subject": {"resource": {"targets": {
	"items": [{
		"asPlanned": {"cpuMilli": {"growth": 4}},
		"declared": {"cpuMilli": cpu_milli},
		"limits": {"cpuMilli": 256000},
		"name": "eu-west-1",
	}],
}}}}

parameters := {
	"overcommitPercent": 100,
	"plans": {"agency": {"cpuMilli": 16000}, "growth": {"cpuMilli": 32000}},
}

planned(cpu_milli, items_declared) := {"subject": {"resource": {
	"targets": {"items": [{
		"asPlanned": {"cpuMilli": cpu_milli},
		"declared": items_declared,
		"limits": {"cpuMilli": 256000},
		"name": "eu-west-1",
	}]},
}}}

limits(items_limits) := {"subject": {"resource": {"targets": {
	"items": [{"endless": {"memoryMiB": 1}, "limits": items_limits, "name": "eu-west-1"}],
}}}}

fleet(count) := {"subject": {"resource": {"targets": {"count": count, "items": [{}]}}}}

over_finding(promised) := {
	"code": "over",
	"path": ["targets", "items", 0, "limits"],
	"params": {
		"dimension": "cpuMilli",
		"limit": 256000,
		"promised": promised,
		"target": "eu-west-1",
	},
}

test_a_thousandth_of_a_core_more_than_it_holds_is_found if {
	capacity.findings == {over_finding(256001)} with input as declared(128001)
		with data.parameters.fleet.capacity as parameters
}

test_as_much_as_it_holds_will_do if {
	capacity.findings == set() with input as declared(128000)
		with data.parameters.fleet.capacity as parameters
}

test_what_the_plans_promise_is_counted if {
	capacity.findings == {over_finding(288000)} with input as planned({"growth": 9}, {})
		with data.parameters.fleet.capacity as parameters
}

test_one_seat_too_many_is_found if {
	asked := planned({"agency": 1, "growth": 4}, {"cpuMilli": 128000})
	capacity.findings == {over_finding(272000)} with input as asked
		with data.parameters.fleet.capacity as parameters
}

test_seats_that_fit_will_do if {
	capacity.findings == set() with input as planned({"growth": 4}, {})
		with data.parameters.fleet.capacity as parameters
}

test_a_promise_without_an_end_is_found if {
	capacity.findings == {{
		"code": "endless",
		"path": ["targets", "items", 0, "limits"],
		"params": {"dimension": "memoryMiB", "limit": 1048576, "seats": 1, "target": "eu-west-1"},
	}} with input as limits({"memoryMiB": 1048576}) with data.parameters.fleet.capacity as parameters
}

test_a_promise_without_an_end_of_a_target_without_a_limit_will_do if {
	capacity.findings == set() with input as limits({}) with data.parameters.fleet.capacity as parameters
}

test_targets_that_were_not_looked_at_are_found if {
	capacity.findings == {{
		"code": "unseen",
		"path": ["targets"],
		"params": {"count": 401, "left": 400},
	}} with input as fleet(401) with data.parameters.fleet.capacity as parameters
}

test_every_target_that_was_looked_at_will_do if {
	capacity.findings == set() with input as fleet(1) with data.parameters.fleet.capacity as parameters
}
