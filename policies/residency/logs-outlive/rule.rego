# METADATA
# scope: package
# title: Logs are not kept longer than the data in them
# description: >-
#   Logs of a tenant with personal data hold some of it. Kept longer than the data itself they are
#   the copy that a deletion forgets.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj
#     description: GDPR Article 5(1)(e), storage limitation
# custom:
#   short_name: logs-outlive
#   severity: warn
#   subjects: [Tenant]
#   uses: []
#   messages:
#     longer: "{tenant} keeps logs for {logs}, but {class} data for {retention} only"
#   remedy: >-
#     Lower observability.keepLogs to the shortest retention, or keep personal data out of logs and
#     raise the retention.
#   controls: ["SOC2 P4.3", "ISO27001 A.8.10", "ISO27001 A.8.15"]
package controlplane.residency.logs_outlive

spec := input.subject.resource.spec

guarded := {"health", "payment", "personal", "sensitive-personal"}

findings contains finding if {
	some class in spec.data.classes
	class.name in guarded
	spec.observability.keepLogs.seconds > class.retention.seconds
	finding := {
		"code": "longer",
		"path": ["spec", "observability", "keepLogs"],
		"params": {
			"class": class.name,
			"logs": spec.observability.keepLogs.text,
			"retention": class.retention.text,
			"tenant": input.subject.name,
		},
	}
}
