package controlplane.tenancy.agency_parent_test

import data.controlplane.tenancy.agency_parent

# Nothing is found in it; each test changes something.
tenant := {
	"references": {"Tenant": {"studio": {"spec": {"plan": "agency"}}}},
	"subject": {"name": "acme", "resource": {"spec": {"parent": "studio"}}},
}

changed(path, value) := json.patch(tenant, [{"op": "replace", "path": path, "value": value}])

added(path, value) := json.patch(tenant, [{"op": "add", "path": path, "value": value}])

removed(path) := json.patch(tenant, [{"op": "remove", "path": path}])

not_an_agency_finding(parent) := {
	"code": "not-an-agency",
	"path": ["spec", "parent"],
	"params": {"parent": parent, "tenant": "acme"},
}

test_a_parent_of_a_small_plan_is_found if {
	asked := changed("/references/Tenant/studio/spec/plan", "core")
	agency_parent.findings == {not_an_agency_finding("studio")} with input as asked
}

test_a_parent_of_a_larger_plan_is_found if {
	asked := changed("/references/Tenant/studio/spec/plan", "growth")
	agency_parent.findings == {not_an_agency_finding("studio")} with input as asked
}

test_an_agency_will_do if agency_parent.findings == set() with input as tenant

test_a_parent_that_has_one_itself_is_found if {
	agency_parent.findings == {{
		"code": "nested",
		"path": ["spec", "parent"],
		"params": {"parent": "studio", "tenant": "acme"},
	}} with input as added("/references/Tenant/studio/spec/parent", "holding")
}

test_a_parent_that_nobody_knows_is_found if {
	asked := removed("/references/Tenant/studio")
	agency_parent.findings == {not_an_agency_finding("studio")} with input as asked
}

test_a_parent_that_is_spelt_otherwise_is_another if {
	asked := changed("/subject/resource/spec/parent", "Studio")
	agency_parent.findings == {not_an_agency_finding("Studio")} with input as asked
}

test_no_parent_will_do if {
	agency_parent.findings == set() with input as removed("/subject/resource/spec/parent")
}
