# METADATA
# scope: package
# title: A pack calls whom it names, for a reason
# description: >-
#   What may call anywhere can carry data anywhere. A wildcard over a domain in which everybody can
#   have a name is anywhere, too.
# related_resources:
#   - ref: https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final
#     description: NIST SP 800-53 SC-7(5), deny by default, allow by exception
# custom:
#   short_name: egress-narrow
#   severity: deny
#   subjects: [Pack]
#   uses: [parameters]
#   messages:
#     host: "{pack} may call {peer}, where anybody can have a name"
#     cidr: "{pack} may call {peer}, which is much of the internet"
#     no-reason: "{pack} does not say why it calls {peer}"
#   remedy: >-
#     Name the hosts or the blocks that are needed, each with its reason.
#   controls: ["SOC2 CC6.6", "SOC2 CC6.7", "ISO27001 A.8.20", "ISO27001 A.8.12"]
package controlplane.packs.egress_narrow

peers := input.subject.resource.spec.capabilities.network.egress

findings contains about("host", index, peer.host) if {
	some index, peer in peers
	startswith(peer.host, "*.")
	everybodys(trim_prefix(peer.host, "*."))
}

findings contains about("cidr", index, peer.cidr) if {
	some index, peer in peers
	trim_left(split(peer.cidr, "/")[1], "0") in wide
}

findings contains about("no-reason", index, end) if {
	some index, peer in peers
	not peer.reason
	some end in [value | some field in ["host", "cidr"]; value := peer[field]]
}

everybodys(domain) if not contains(domain, ".")

everybodys(domain) if domain in data.parameters.packs.egress_narrow.sharedDomains

# Lengths of a prefix that leave more than a company's network, zeros in front taken away.
wide := {sprintf("%v", [length]) | some length in numbers.range(1, 15)} | {""}

about(code, index, peer) := {
	"code": code,
	"path": ["spec", "capabilities", "network", "egress", index],
	"params": {"pack": input.subject.name, "peer": peer},
}
