package controlplane.secrets.platform_scope_test

import data.controlplane.secrets.platform_scope

publisher(spec_publisher) := {"subject": {"resource": {
	"metadata": {"name": "etl"},
	"spec": {
		"capabilities": {"secrets": [{"name": "registry", "scope": "platform"}]},
		"publisher": spec_publisher,
	},
}}}

with_scope(scope) := {"subject": {"resource": {
	"metadata": {"name": "etl"},
	"spec": {
		"capabilities": {"secrets": [{"name": "registry", "scope": scope}]},
		"publisher": {"name": "Platform Team"},
	},
}}}

test_a_pack_of_nobody_is_found if {
	platform_scope.findings == {{
		"code": "platform",
		"path": ["spec", "capabilities", "secrets", 0, "scope"],
		"params": {"pack": "etl", "publisher": "unknown", "secret": "registry"},
	}} with input as publisher({})
		with data.parameters.secrets.platform_scope.publishers as ["Platform team"]
}

test_a_pack_of_the_platform_will_do if {
	platform_scope.findings == set() with input as publisher({"name": "Platform team"})
		with data.parameters.secrets.platform_scope.publishers as ["Platform team"]
}

test_a_secret_of_the_platform_in_a_pack_of_others_is_found if {
	platform_scope.findings == {{
		"code": "platform",
		"path": ["spec", "capabilities", "secrets", 0, "scope"],
		"params": {"pack": "etl", "publisher": "Platform Team", "secret": "registry"},
	}} with input as with_scope("platform")
		with data.parameters.secrets.platform_scope.publishers as ["Platform team"]
}

test_a_secret_of_the_tenant_will_do if {
	platform_scope.findings == set() with input as with_scope("tenant")
		with data.parameters.secrets.platform_scope.publishers as ["Platform team"]
}
