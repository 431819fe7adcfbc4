# METADATA
# scope: package
# title: A waiver that ends is seen before it does
# description: >-
#   A waiver that ends on a Friday night denies the change that repairs something on Saturday.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CA-5, plan of action and milestones
# custom:
#   short_name: waivers-ending
#   severity: info
#   subjects: [Fleet]
#   uses: [time, parameters]
#   messages:
#     soon: "the waiver {waiver} of {rule} ends on {expires}"
#     over: "the waiver {waiver} of {rule} ended on {expires} and counts no more"
#   remedy: >-
#     Do the work it was waiting for, or have it approved again with a reason; remove one that is
#     over.
#   controls: ["SOC2 CC3.4", "SOC2 CC9.1", "ISO27001 A.5.36"]
package controlplane.fleet.waivers_ending

# Seconds in a day.
day := 86400

waivers := input.subject.resource.waivers.ending.items

ahead := data.parameters.fleet.waivers_ending.days * day

findings contains about("soon", index, waiver) if {
	some index, waiver in waivers
	waiver.expires.epochSeconds > input.time.epochSeconds
	waiver.expires.epochSeconds - input.time.epochSeconds <= ahead
}

findings contains about("over", index, waiver) if {
	some index, waiver in waivers
	waiver.expires.epochSeconds <= input.time.epochSeconds
}

valid_until contains waiver.expires.epochSeconds if some waiver in waivers

valid_until contains waiver.expires.epochSeconds - ahead if some waiver in waivers

about(code, index, waiver) := {
	"code": code,
	"path": ["waivers", "ending", "items", index],
	"params": {"expires": waiver.expires.text, "rule": waiver.rule, "waiver": waiver.waiver},
}
