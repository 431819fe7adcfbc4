package controlplane.packs.egress_narrow_test

import data.controlplane.packs.egress_narrow

with_host(host) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"capabilities": {"network": {"egress": [{
		"host": host,
		"reason": "The bucket.",
	}]}}}},
}}

with_cidr(cidr) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"capabilities": {"network": {"egress": [{
		"cidr": cidr,
		"reason": "A partner.",
	}]}}}},
}}

with_reason(egress) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {"capabilities": {"network": {"egress": [egress]}}}},
}}

cidr_finding(peer) := {
	"code": "cidr",
	"path": ["spec", "capabilities", "network", "egress", 0],
	"params": {"pack": "retrieval@1.3.0", "peer": peer},
}

test_every_name_of_a_shared_domain_is_found if {
	egress_narrow.findings == {{
		"code": "host",
		"path": ["spec", "capabilities", "network", "egress", 0],
		"params": {"pack": "retrieval@1.3.0", "peer": "*.amazonaws.com"},
	}} with input as with_host("*.amazonaws.com")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_every_name_of_a_top_level_domain_is_found if {
	egress_narrow.findings == {{
		"code": "host",
		"path": ["spec", "capabilities", "network", "egress", 0],
		"params": {"pack": "retrieval@1.3.0", "peer": "*.com"},
	}} with input as with_host("*.com")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_every_name_of_one_customer_will_do if {
	egress_narrow.findings == set() with input as with_host("*.acme.amazonaws.com")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_one_name_will_do if {
	egress_narrow.findings == set() with input as with_host("amazonaws.com")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_every_address_is_found if {
	egress_narrow.findings == {cidr_finding("0.0.0.0/0")} with input as with_cidr("0.0.0.0/0")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_more_than_a_company_has_is_found if {
	egress_narrow.findings == {cidr_finding("203.0.0.0/15")} with input as with_cidr("203.0.0.0/15")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_every_address_of_version_six_is_found if {
	egress_narrow.findings == {cidr_finding("::/0")} with input as with_cidr("::/0")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_two_zeros_are_none if {
	egress_narrow.findings == {cidr_finding("0.0.0.0/00")} with input as with_cidr("0.0.0.0/00")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_a_zero_in_front_does_not_hide_it if {
	egress_narrow.findings == {cidr_finding("203.0.0.0/015")} with input as with_cidr("203.0.0.0/015")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_as_much_as_a_company_has_will_do if {
	egress_narrow.findings == set() with input as with_cidr("203.0.0.0/16")
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_a_peer_without_a_reason_is_found if {
	egress_narrow.findings == {{
		"code": "no-reason",
		"path": ["spec", "capabilities", "network", "egress", 0],
		"params": {"pack": "retrieval@1.3.0", "peer": "203.0.113.0/24"},
	}} with input as with_reason({"cidr": "203.0.113.0/24"})
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}

test_a_peer_with_a_reason_will_do if {
	asked := with_reason({"cidr": "203.0.113.0/24", "reason": "A partner."})
	egress_narrow.findings == set() with input as asked
		with data.parameters.packs.egress_narrow.sharedDomains as ["amazonaws.com"]
}
