package controlplane.residency.regulation_classes_test

import data.controlplane.residency.regulation_classes

regulations(risk_regulations) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"risk": {"regulations": risk_regulations}}},
}}

class(name) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"data": {"classes": [{"name": name}]},
		"risk": {"regulations": ["hipaa"]},
	}},
}}

finding(regulation) := {
	"code": "undeclared",
	"path": ["spec", "risk", "regulations", 0],
	"params": {"classes": "health", "regulation": regulation, "tenant": "acme"},
}

test_a_regulation_whose_data_is_not_declared_is_found if {
	regulation_classes.findings == {finding("hipaa")} with input as regulations(["hipaa"])
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}

test_a_regulation_in_capital_letters_is_the_same if {
	regulation_classes.findings == {finding("HIPAA")} with input as regulations(["HIPAA"])
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}

test_no_regulation_asks_for_nothing if {
	regulation_classes.findings == set() with input as regulations([])
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}

test_another_regulation_asks_for_nothing if {
	regulation_classes.findings == set() with input as regulations(["nis2"])
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}

test_a_class_that_is_named_like_it_is_another if {
	regulation_classes.findings == {finding("hipaa")} with input as class("sensitive-personal")
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}

test_the_class_that_it_asks_for_will_do if {
	regulation_classes.findings == set() with input as class("health")
		with data.parameters.residency.regulation_classes.classes as {"hipaa": ["health"]}
}
