# METADATA
# scope: package
# title: A pack with power over the platform is signed and says what is in it
# description: >-
#   A pack that reads the platform's secrets or runs code is the way from one tenant into all of
#   them. What it is and who published it must be known before it runs, and what is in it when the
#   next vulnerability is published.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/218/final
#     description: NIST SSDF PS.3.2, provenance and bill of materials
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 CM-14, signed components
# custom:
#   short_name: provenance
#   severity: deny
#   subjects: [Pack]
#   uses: [parameters]
#   messages:
#     unsigned: "{pack} has {power}, and no signature over a digest of its content"
#     no-sbom: "{pack} has {power}, and no bill of materials"
#   remedy: >-
#     Give content.digest, content.signature and content.sbom, or take the capability away.
#   controls: ["SOC2 CC6.8", "SOC2 CC9.2", "ISO27001 A.5.21", "ISO27001 A.8.30"]
package controlplane.packs.provenance

import data.controlplane.lib.text

spec := input.subject.resource.spec

powers contains sprintf("the secret %v of the platform", [secret.name]) if {
	some secret in spec.capabilities.secrets
	secret.scope == "platform"
}

powers contains sprintf("the tool %v", [tool]) if {
	some tool in spec.capabilities.tools
	text.in_small_letters(tool) in data.parameters.packs.provenance.tools
}

findings contains about("unsigned", power) if {
	pack := input.subject.resource.spec
	some power in powers
	not signed(pack)
}

findings contains about("no-sbom", power) if {
	some power in powers
	not spec.content.sbom
}

signed(pack) if {
	pack.content.digest
	pack.content.signature
}

about(code, power) := {
	"code": code,
	"path": ["spec", "content"],
	"params": {"pack": input.subject.name, "power": power},
}
