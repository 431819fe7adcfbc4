# METADATA
# scope: package
# title: Network policies open to named others only
# description: >-
#   A rule without peers, one that selects namespaces by a label anybody may carry, or a block of
#   addresses that holds the cloud's metadata service undoes the default deny: another tenant
#   connects, or a pod fetches the node's credentials.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/services-networking/network-policies/
#     description: Network policies
# custom:
#   short_name: network-peers
#   severity: deny
#   subjects: [Placement]
#   uses: [parameters, rendered]
#   messages:
#     everyone: "policy {policy} opens {direction} to everyone"
#     namespaces: "policy {policy} opens {direction} to namespaces that are not named by one on the list"
#     metadata: "policy {policy} opens egress to {cidr}, with the metadata service of the cloud in it"
#   remedy: >-
#     Name peers in every rule; select a namespace by kubernetes.io/metadata.name, as in the
#     parameter namespaces of isolation/network-peers; except 169.254.0.0/16 from wide blocks, of
#     version 6 fc00::/7, fe80::/10, 64:ff9b::/96 and 64:ff9b:1::/48.
#   controls: ["SOC2 CC6.6", "ISO27001 A.8.20", "ISO27001 A.8.22"]
package controlplane.isolation.network_peers

import data.controlplane.lib.quantities

peers_of := {"egress": "to", "ingress": "from"}

openings := [opening |
	some index
	manifest := input.subject.resource.objects[index]
	manifest.kind == "NetworkPolicy"
	some direction
	peers := peers_of[direction]
	some number
	entry := manifest.spec[direction][number]
	opening := {
		"direction": direction,
		"path": ["objects", index, "spec", direction, number],
		"peers": object.get(entry, peers, []),
		"policy": manifest.metadata.name,
		"to": peers,
	}
]

findings contains finding if {
	some opening in openings
	opening.peers in [null, []]
	finding := {
		"code": "everyone",
		"path": opening.path,
		"params": {"direction": opening.direction, "policy": opening.policy},
	}
}

named contains name if some name in data.parameters.isolation.network_peers.namespaces

named contains input.subject.resource.namespace

findings contains finding if {
	some opening in openings
	some position, peer in opening.peers
	selector := peer.namespaceSelector
	name := object.get(selector, ["matchLabels", "kubernetes.io/metadata.name"], "")
	not name in named
	finding := {
		"code": "namespaces",
		"path": array.concat(opening.path, [opening.to, position]),
		"params": {"direction": opening.direction, "policy": opening.policy},
	}
}

findings contains finding if {
	some opening in openings
	opening.direction == "egress"
	some position, peer in opening.peers
	block := peer.ipBlock
	not narrow(block)
	not shut(block)
	finding := {
		"code": "metadata",
		"path": array.concat(opening.path, ["to", position, "ipBlock"]),
		"params": {"cidr": object.get(block, "cidr", ""), "policy": opening.policy},
	}
}

# A block that cannot hold 169.254.169.254: of eight bits or more, and not below 169. Zeros in front
# of a number are taken by some readers.
narrow(block) if {
	parts := split(block.cidr, "/")
	quantities.whole_or(parts[1], 0) >= 8
	parts[0] == trim_prefix(parts[0], "169.")
	regex.match("^[1-9][0-9]*[.]", parts[0])
}

# Of version 6 the public addresses hold none. What begins with zeros, or is shorter, may be an
# address of version 4 in other words.
narrow(block) if {
	parts := split(block.cidr, "/")
	quantities.whole_or(parts[1], 0) >= 8
	regex.match("^[23][0-9A-Fa-f]{3}:", parts[0])
}

narrow(block) if {
	parts := split(block.cidr, "/")
	quantities.whole_or(parts[1], 0) >= 48
	address := parts[0]
	regex.match("^[Ff][CDcd][0-9A-Fa-f]{2}:[0-9A-Fa-f:]*$", address)
	not for_metadata(address)
}

# Where clouds keep theirs of version 6: fd00:ec2::254, fd20:ce::254, fd00:c1::a9fe:a9fe.
for_metadata(address) if {
	regex.match("^[Ff][Dd](00:0*([Ee][Cc]2|[Cc]1)|20:0*[Cc][Ee]):", address)
}

shut(block) if {
	count(split(block.cidr, ":")) == 1
	some part in block.except
	part in {"169.254.0.0/16", "169.254.169.254/32"}
}

shut(block) if {
	"fc00::/7" in block.except
	"fe80::/10" in block.except
	untranslated(block)
}

# A translator takes addresses of version 4 in these ranges (RFC 6052, RFC 8215): 64:ff9b::a9fe:a9fe
# is 169.254.169.254. A block whose first bit is set holds none of them.
untranslated(block) if {
	block.cidr == "::/0"
	"64:ff9b::/96" in block.except
	"64:ff9b:1::/48" in block.except
}

untranslated(block) if regex.match("^[89A-Fa-f][0-9A-Fa-f]{3}:[0-9A-Fa-f:]*/[1-9]", block.cidr)
