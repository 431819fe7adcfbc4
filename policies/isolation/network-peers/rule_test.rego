package controlplane.isolation.network_peers_test

import data.controlplane.isolation.network_peers

egress(cidr) := {"subject": {"resource": {"objects": [{
	"kind": "NetworkPolicy",
	"metadata": {"name": "retrieval"},
	"spec": {"egress": [{"to": [{"ipBlock": {"cidr": cidr}}]}]},
}]}}}

except(ip_block_except) := {"subject": {"resource": {"objects": [{
	"kind": "NetworkPolicy",
	"metadata": {"name": "retrieval"},
	"spec": {"egress": [{"to": [{"ipBlock": {
		"cidr": "0.0.0.0/0",
		"except": [ip_block_except],
	}}]}]},
}]}}}

six(parts) := block_without("::/0", parts)

block_without(cidr, parts) := {"subject": {"resource": {"objects": [{
	"kind": "NetworkPolicy",
	"metadata": {"name": "retrieval"},
	"spec": {"egress": [{"to": [{"ipBlock": {"cidr": cidr, "except": parts}}]}]},
}]}}}

to(egress_to) := {"subject": {"resource": {"objects": [{
	"kind": "NetworkPolicy",
	"metadata": {"name": "retrieval"},
	"spec": {"egress": [{"to": egress_to}]},
}]}}}

with_kind(kind) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "retrieval"},
	"spec": {"egress": [{}]},
}]}}}

ingress(metadata_name) := {"subject": {"resource": {
	"namespace": "acme-prod",
	"objects": [{
		"kind": "NetworkPolicy",
		"metadata": {"name": "retrieval"},
		"spec": {"ingress": [{"from": [{"namespaceSelector": {
			"matchLabels": {"kubernetes.io/metadata.name": metadata_name},
		}}]}]},
	}],
}}}

from(ingress_from) := {"subject": {"resource": {"objects": [{
	"kind": "NetworkPolicy",
	"metadata": {"name": "retrieval"},
	"spec": {"ingress": [{"from": [ingress_from]}]},
}]}}}

metadata_finding(cidr) := {
	"code": "metadata",
	"path": ["objects", 0, "spec", "egress", 0, "to", 0, "ipBlock"],
	"params": {"cidr": cidr, "policy": "retrieval"},
}

everyone_finding := {
	"code": "everyone",
	"path": ["objects", 0, "spec", "egress", 0],
	"params": {"direction": "egress", "policy": "retrieval"},
}

namespaces_finding := {
	"code": "namespaces",
	"path": ["objects", 0, "spec", "ingress", 0, "from", 0],
	"params": {"direction": "ingress", "policy": "retrieval"},
}

test_half_of_everything_is_found if {
	network_peers.findings == {metadata_finding("128.0.0.0/1")} with input as egress("128.0.0.0/1")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_the_address_of_metadata_is_found if {
	asked := egress("169.254.169.254/32")
	network_peers.findings == {metadata_finding("169.254.169.254/32")} with input as asked
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_the_address_of_metadata_in_other_words_is_found if {
	asked := egress("::ffff:169.254.169.254/128")
	network_peers.findings == {metadata_finding("::ffff:169.254.169.254/128")} with input as asked
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_block_without_a_length_is_found if {
	network_peers.findings == {metadata_finding("0.0.0.0")} with input as egress("0.0.0.0")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_zero_in_front_does_not_hide_it if {
	asked := egress("0169.254.169.254/32")
	network_peers.findings == {metadata_finding("0169.254.169.254/32")} with input as asked
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_block_of_eight_bits_will_do if {
	network_peers.findings == set() with input as egress("128.0.0.0/8")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_block_of_version_six_will_do if {
	network_peers.findings == set() with input as egress("2001:db8::/32")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_public_block_of_version_six_of_few_bits_is_found if {
	network_peers.findings == {metadata_finding("2000::/3")} with input as egress("2000::/3")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_the_address_of_metadata_of_version_six_is_found if {
	every cidr in [
		"fd00:ec2::254/128", "FD00:0EC2::/48", "fd00:c1::a9fe:a9fe/128", "fd20:ce::254/128",
		"fe80::a9fe:a9fe/128", "64:ff9b::/96", "fd00::/8", "fd12:3456::/47",
	] {
		network_peers.findings == {metadata_finding(cidr)} with input as egress(cidr)
			with data.parameters.isolation.network_peers.namespaces as ["ingress"]
	}
}

test_a_private_block_of_version_six_will_do if {
	network_peers.findings == set() with input as egress("fd12:3456:789a::/48")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_everything_of_version_six_but_private_and_translated_addresses_will_do if {
	parts := ["fc00::/7", "fe80::/10", "64:ff9b::/96", "64:ff9b:1::/48"]
	network_peers.findings == set() with input as six(parts)
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_everything_of_version_six_without_one_of_these_shut_out_is_found if {
	every parts in [
		["fe80::/10", "64:ff9b::/96", "64:ff9b:1::/48"],
		["fc00::/7", "64:ff9b::/96", "64:ff9b:1::/48"],
		["fc00::/7", "fe80::/10", "64:ff9b:1::/48"],
		["fc00::/7", "fe80::/10", "64:ff9b::/96"],
		["169.254.0.0/16"],
	] {
		network_peers.findings == {metadata_finding("::/0")} with input as six(parts)
			with data.parameters.isolation.network_peers.namespaces as ["ingress"]
	}
}

test_the_upper_half_of_version_six_but_private_addresses_will_do if {
	asked := block_without("8000::/1", ["fc00::/7", "fe80::/10"])
	network_peers.findings == set() with input as asked
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_what_such_exceptions_do_not_shut_out_is_found if {
	every cidr in [
		"::/1", "60::/12", "64:ff9b::/96", "64:ff9b::a9fe:a9fe/128", "64:ff9b:1::/48", "8000::/0",
		"::ffff:169.254.169.254/128", "0.0.0.0/0", "169.254.169.254/32",
	] {
		asked := block_without(cidr, ["fc00::/7", "fe80::/10", "64:ff9b::/96", "64:ff9b:1::/48"])
		network_peers.findings == {metadata_finding(cidr)} with input as asked
			with data.parameters.isolation.network_peers.namespaces as ["ingress"]
	}
}

test_everything_without_the_address_of_metadata_shut_out_is_found if {
	network_peers.findings == {metadata_finding("0.0.0.0/0")} with input as except("169.254.0.0/24")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_everything_but_that_address_will_do if {
	network_peers.findings == set() with input as except("169.254.169.254/32")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_an_opening_to_nobody_in_particular_is_to_everyone if {
	network_peers.findings == {everyone_finding} with input as to([])
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_an_opening_to_a_block_will_do if {
	network_peers.findings == set() with input as to([{}])
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_a_policy_that_opens_to_everyone_is_found if {
	network_peers.findings == {everyone_finding} with input as with_kind("NetworkPolicy")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_what_is_no_policy_opens_nothing if {
	network_peers.findings == set() with input as with_kind("CiliumNetworkPolicy")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_the_namespace_of_another_tenant_is_found if {
	network_peers.findings == {namespaces_finding} with input as ingress("ingress-2")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_its_own_namespace_will_do if {
	network_peers.findings == set() with input as ingress("acme-prod")
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_every_namespace_is_found if {
	network_peers.findings == {namespaces_finding} with input as from({"namespaceSelector": {}})
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_no_namespace_besides_its_own_will_do if {
	network_peers.findings == set() with input as from({})
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}

test_everything_as_a_source_will_do if {
	network_peers.findings == set() with input as from({"ipBlock": {"cidr": "0.0.0.0/0"}})
		with data.parameters.isolation.network_peers.namespaces as ["ingress"]
}
