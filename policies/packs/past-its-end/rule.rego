# METADATA
# scope: package
# title: Nobody runs a pack past the date it was given
# description: >-
#   A deprecated version gets no repairs after its date. Who still runs it then does so unrepaired,
#   and usually without knowing.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SA-22, unsupported system components
# custom:
#   short_name: past-its-end
#   severity: deny
#   subjects: [Tenant]
#   uses: [references, time]
#   messages:
#     over: "{tenant} runs {pack} {version}, which ended on {ends}"
#   remedy: >-
#     Move to the successor that the pack's lifecycle names, and run cpctl lock.
#   controls: ["SOC2 CC7.1", "ISO27001 A.8.8", "ISO27001 A.8.19"]
package controlplane.packs.past_its_end

spec := input.subject.resource.spec

findings contains finding if {
	some index, wanted in spec.packs
	some pack in input.references.Pack
	pack.metadata.name == wanted.name
	pack.spec.lifecycle.stage == "deprecated"
	ends := pack.spec.lifecycle.ends
	ends.epochSeconds <= input.time.epochSeconds
	finding := {
		"code": "over",
		"path": ["spec", "packs", index],
		"params": {
			"ends": ends.text,
			"pack": wanted.name,
			"tenant": input.subject.name,
			"version": pack.spec.version,
		},
	}
}

valid_until contains pack.spec.lifecycle.ends.epochSeconds if some pack in input.references.Pack
