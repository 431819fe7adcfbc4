package controlplane.workloads.sysctls_test

import data.controlplane.workloads.sysctls

sysctl(security_context_sysctl) := {"subject": {"resource": {
	"objects": [{
		"kind": "Deployment",
		"metadata": {"name": "retrieval"},
		"spec": {"template": {"spec": {"securityContext": {"sysctls": [security_context_sysctl]}}}},
	}],
}}}

allowed := ["net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_syncookies"]

finding(sysctl) := {
	"code": "unsafe",
	"path": ["objects", 0, "spec", "template", "spec", "securityContext", "sysctls", 0, "name"],
	"params": {"sysctl": sysctl, "workload": "retrieval"},
}

test_a_setting_that_is_not_listed_is_found if {
	asked := sysctl({"name": "net.ipv4.tcp_syn_retries"})
	sysctls.findings == {finding("net.ipv4.tcp_syn_retries")} with input as asked
		with data.parameters.workloads.sysctls.allowed as allowed
}

test_a_setting_that_is_spelt_otherwise_is_another if {
	asked := sysctl({"name": "net/ipv4/tcp_syncookies"})
	sysctls.findings == {finding("net/ipv4/tcp_syncookies")} with input as asked
		with data.parameters.workloads.sysctls.allowed as allowed
}

test_a_setting_without_a_name_is_found if {
	sysctls.findings == {finding("")} with input as sysctl({})
		with data.parameters.workloads.sysctls.allowed as allowed
}

test_a_setting_that_is_listed_will_do if {
	sysctls.findings == set() with input as sysctl({"name": "net.ipv4.tcp_syncookies"})
		with data.parameters.workloads.sysctls.allowed as allowed
}

test_another_that_is_listed_will_do if {
	sysctls.findings == set() with input as sysctl({"name": "net.ipv4.tcp_fin_timeout"})
		with data.parameters.workloads.sysctls.allowed as allowed
}
