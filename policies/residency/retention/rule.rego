# METADATA
# scope: package
# title: Personal data has an end
# description: >-
#   Data that is kept because nobody said until when is the data that is lost in a breach, and
#   keeping it is itself unlawful in many places.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 5(1)(e), storage limitation
# custom:
#   short_name: retention
#   severity: deny
#   subjects: [Tenant]
#   uses: [parameters]
#   messages:
#     none: "{tenant} holds {class} data and does not say how long it is kept"
#     unlimited: "{tenant} keeps {class} data for ever"
#     long: "{tenant} keeps {class} data for {retention}; at most {most} days are allowed"
#   remedy: >-
#     Set data.classes[].retention to what the purpose needs; where a law demands longer, raise the
#     parameter for that class.
#   controls: ["SOC2 C1.2", "SOC2 P4.2", "ISO27001 A.5.33", "ISO27001 A.8.10"]
package controlplane.residency.retention

declared := input.subject.resource.spec.data

limits := data.parameters.residency.retention.maximumDays

# Seconds in a day.
day := 86400

findings contains about("none", [index], class, "", limits[class.name]) if {
	some index, class in declared.classes
	not class.retention
}

findings contains about("unlimited", [index, "retention"], class, "unlimited", limits[class.name]) if {
	some index, class in declared.classes
	class.retention == "unlimited"
}

findings contains about("long", [index, "retention"], class, class.retention.text, most) if {
	some index, class in declared.classes
	most := limits[class.name]
	class.retention.seconds > most * day
}

about(code, path, class, retention, most) := {
	"code": code,
	"path": array.concat(["spec", "data", "classes"], path),
	"params": {"class": class.name, "most": most, "retention": retention, "tenant": input.subject.name},
}
