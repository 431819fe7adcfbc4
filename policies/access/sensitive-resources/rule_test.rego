package controlplane.access.sensitive_resources_test

import data.controlplane.access.sensitive_resources

role(kind, resource) := {"subject": {"resource": {"objects": [{
	"kind": kind,
	"metadata": {"name": "tenant-developer"},
	"rules": [{"resources": [resource], "verbs": ["get"]}],
}]}}}

granted(resources, verb) := {"subject": {"resource": {"objects": [{
	"kind": "Role",
	"metadata": {"name": "tenant-developer"},
	"rules": [{"resources": resources, "verbs": ["get", "list", "watch", verb]}],
}]}}}

cluster_role(resource) := {"subject": {"resource": {"objects": [{
	"kind": "ClusterRole",
	"metadata": {"name": "tenant-developer"},
	"rules": [{"resources": [resource], "verbs": ["get"]}],
}]}}}

token(resource) := {"subject": {"resource": {"objects": [{
	"kind": "Role",
	"metadata": {"name": "tenant-developer"},
	"rules": [{"resources": [resource], "verbs": ["create"]}],
}]}}}

finding(kind, resource, verb) := {
	"code": "grant",
	"path": ["objects", 0, "rules", 0],
	"params": {"kind": kind, "resource": resource, "role": "tenant-developer", "verb": verb},
}

test_a_shell_in_a_pod_is_found if {
	asked := role("Role", "pods/exec")
	sensitive_resources.findings == {finding("Role", "pods/exec", "get")} with input as asked
}

test_the_status_of_a_pod_will_do if {
	sensitive_resources.findings == set() with input as role("Role", "pods/status")
}

test_what_is_no_role_gives_no_right if {
	sensitive_resources.findings == set() with input as role("ConfigMap", "pods/exec")
}

test_to_create_a_pod_is_found if {
	asked := granted(["pods"], "create")
	sensitive_resources.findings == {finding("Role", "pods", "create")} with input as asked
}

test_every_verb_that_reads_secrets_is_found if {
	sensitive_resources.findings == {
		finding("Role", "secrets", "get"),
		finding("Role", "secrets", "list"),
		finding("Role", "secrets", "watch"),
	} with input as granted(["pods", "secrets"], "delete")
}

test_to_delete_a_pod_will_do if {
	sensitive_resources.findings == set() with input as granted(["pods"], "delete")
}

test_a_cluster_role_is_looked_at_as_well if {
	asked := cluster_role("nodes/proxy")
	sensitive_resources.findings == {finding("ClusterRole", "nodes/proxy", "get")} with input as asked
}

test_a_log_will_do_in_it if {
	sensitive_resources.findings == set() with input as cluster_role("pods/log")
}

test_a_token_of_an_account_is_found if {
	asked := token("serviceaccounts/token")
	sensitive_resources.findings == {finding("Role", "serviceaccounts/token", "create")} with input as asked
}

test_the_account_itself_will_do if {
	sensitive_resources.findings == set() with input as token("serviceaccounts")
}

test_to_change_what_runs_pods_is_found if {
	every resource in [
		"cronjobs", "daemonsets", "deployments", "endpoints", "endpointslices", "jobs", "pods",
		"replicasets", "replicationcontrollers", "statefulsets",
	] {
		every verb in ["create", "patch", "update"] {
			sensitive_resources.findings == {finding("Role", resource, verb)} with input as granted([resource], verb)
		}
	}
}

test_to_delete_what_runs_pods_will_do if {
	sensitive_resources.findings == set() with input as granted(["deployments"], "delete")
}

test_who_takes_away_the_bounds_of_a_tenant_is_found if {
	every resource in ["limitranges", "networkpolicies", "resourcequotas"] {
		every verb in ["create", "delete", "deletecollection", "patch", "update"] {
			sensitive_resources.findings == {finding("Role", resource, verb)} with input as granted([resource], verb)
		}
	}
}

test_who_looks_at_them_is_not_found if {
	sensitive_resources.findings == set() with input as granted(["networkpolicies"], "watch")
}
