# METADATA
# scope: package
# title: A tenant is removed only after it left
# description: >-
#   Deleting a folder deletes namespaces with what customers stored in them. A tenant that is
#   active, that is not due, or whose data is held for a court is never to go by a pull request that
#   looks like tidying up.
# related_resources:
#   - ref: https://learn.microsoft.com/en-us/azure/architecture/guide/multitenant/considerations/tenant-lifecycle
#     description: Tenant lifecycle, offboarding
#   - ref: https://www.law.cornell.edu/rules/frcp/rule_37
#     description: US Federal Rules of Civil Procedure 37(e)
# custom:
#   short_name: removed-in-order
#   severity: deny
#   subjects: [Change]
#   uses: [change, time]
#   messages:
#     not-due: "{tenant} would be removed although it is not a tenant whose purge is due"
#     held: "{tenant} would be removed although the legal hold {matter} is in force"
#   remedy: >-
#     Restore the tenant's folder; set lifecycle.stage leaving with purgeAfter, and remove it after
#     that date. Where a rename was meant: a tenant cannot be renamed, only moved.
#   controls: ["SOC2 CC6.5", "SOC2 A1.2", "SOC2 C1.2", "ISO27001 A.8.10", "ISO27001 A.5.28"]
package controlplane.tenancy.removed_in_order

removed[index] := subject if {
	some index, subject in input.subject.resource.subjects
	subject.kind == "Tenant"
	subject.operation == "delete"
}

findings contains finding if {
	some index, subject in removed
	not due(subject)
	finding := {
		"code": "not-due",
		"path": ["subjects", index],
		"params": {"tenant": subject.name},
	}
}

findings contains finding if {
	some index, subject in removed
	some field in subject.fields
	field.path == ["spec", "data"]
	some hold in field.old.legalHolds
	not ended(hold)
	finding := {
		"code": "held",
		"path": ["subjects", index],
		"params": {"matter": hold.matter, "tenant": subject.name},
	}
}

due(subject) if {
	some field in subject.fields
	field.path == ["spec", "lifecycle"]
	field.old.purgeAfter.epochSeconds <= input.time.epochSeconds # only a tenant that leaves has one
}

ended(hold) if hold.until.epochSeconds <= input.time.epochSeconds

valid_until contains field.old.purgeAfter.epochSeconds if {
	some subject in removed
	some field in subject.fields
	field.path == ["spec", "lifecycle"]
}

valid_until contains hold.until.epochSeconds if {
	some subject in removed
	some field in subject.fields
	field.path == ["spec", "data"]
	some hold in field.old.legalHolds
}
