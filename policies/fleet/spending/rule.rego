# METADATA
# scope: package
# title: What tenants may spend together is what we can advance
# description: >-
#   Providers want their money before tenants pay theirs. Envelopes that are each within a plan add
#   up to credit that nobody granted to the fleet.
# related_resources:
#   - ref: https://www.finops.org/framework/capabilities/budgeting/
#     description: FinOps Framework, Budgeting
# custom:
#   short_name: spending
#   severity: warn
#   subjects: [Fleet]
#   uses: [parameters]
#   messages:
#     over: "tenants may spend {units} {currency} a month together; at most {most} are allowed"
#     unknown-currency: "tenants may spend {units} {currency} a month together, and no limit is known in that currency"
#     endless: "{tenant} may spend without limit, and it is one of {count}"
#   remedy: >-
#     Lower envelopes, or have finance raise the parameter `mostUnits` for the currency.
#   controls: ["SOC2 CC3.2", "SOC2 CC5.2", "SOC2 A1.1"]
package controlplane.fleet.spending

spending := input.subject.resource.spending

most := data.parameters.fleet.spending.mostUnits

findings contains finding if {
	some index, each in spending.currencies
	each.units > most[each.currency]
	finding := {
		"code": "over",
		"path": ["spending", "currencies", index],
		"params": {"currency": each.currency, "most": most[each.currency], "units": each.units},
	}
}

findings contains finding if {
	some index, each in spending.currencies
	currency := each.currency
	not most[currency]
	finding := {
		"code": "unknown-currency",
		"path": ["spending", "currencies", index],
		"params": {"currency": currency, "units": each.units},
	}
}

findings contains finding if {
	some index, holder in spending.endless.items
	finding := {
		"code": "endless",
		"path": ["spending", "endless", "items", index],
		"params": {"count": spending.endless.count, "tenant": holder.tenant},
	}
}
