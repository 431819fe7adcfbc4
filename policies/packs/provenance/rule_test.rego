package controlplane.packs.provenance_test

import data.controlplane.packs.provenance

secret(scope) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {
		"capabilities": {"secrets": [{"name": "fleet-token", "scope": scope}]},
		"content": {
			"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
			"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
		},
	}},
}}

tool(capabilities_tool) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {
		"capabilities": {"tools": [capabilities_tool]},
		"content": {
			"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
			"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
		},
	}},
}}

tools(capabilities_tools) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {
		"capabilities": {"tools": capabilities_tools},
		"content": {
			"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
			"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
		},
	}},
}}

content(spec_content) := {"subject": {
	"name": "retrieval@1.3.0",
	"resource": {"spec": {
		"capabilities": {
			"secrets": [{"name": "fleet-token", "scope": "platform"}],
			"tools": ["code-execution"],
		},
		"content": spec_content,
	}},
}}

no_sbom_finding(power) := {
	"code": "no-sbom",
	"path": ["spec", "content"],
	"params": {"pack": "retrieval@1.3.0", "power": power},
}

unsigned_finding(power) := {
	"code": "unsigned",
	"path": ["spec", "content"],
	"params": {"pack": "retrieval@1.3.0", "power": power},
}

test_a_secret_of_the_platform_without_a_list_of_parts_is_found if {
	asked := secret("platform")
	provenance.findings == {no_sbom_finding("the secret fleet-token of the platform")} with input as asked
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_a_secret_of_its_own_needs_none if {
	provenance.findings == set() with input as secret("pack")
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_a_tool_that_runs_code_without_a_list_of_parts_is_found if {
	provenance.findings == {no_sbom_finding("the tool code-execution")} with input as tool("code-execution")
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_a_tool_without_power_needs_none if {
	provenance.findings == set() with input as tool("search")
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_capital_letters_do_not_hide_a_tool if {
	provenance.findings == {no_sbom_finding("the tool Shell")} with input as tools(["Shell"])
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_a_second_tool_is_found if {
	provenance.findings == {no_sbom_finding("the tool shell")} with input as tools(["shell"])
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_tools_without_power_need_none if {
	provenance.findings == set() with input as tools([])
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_power_without_a_signature_is_found if {
	provenance.findings == {
		unsigned_finding("the secret fleet-token of the platform"),
		unsigned_finding("the tool code-execution"),
	} with input as content({
		"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"sbom": "sbom.cdx.json",
	})
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_power_without_a_digest_that_was_signed_is_found if {
	provenance.findings == {
		unsigned_finding("the secret fleet-token of the platform"),
		unsigned_finding("the tool code-execution"),
	} with input as content({
		"sbom": "sbom.cdx.json",
		"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
	})
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_power_without_a_list_of_parts_is_found if {
	provenance.findings == {
		no_sbom_finding("the secret fleet-token of the platform"),
		no_sbom_finding("the tool code-execution"),
	} with input as content({
		"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
	})
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}

test_what_is_signed_and_listed_will_do if {
	provenance.findings == set() with input as content({
		"digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
		"sbom": "sbom.cdx.json",
		"signature": "https://packs.example.com/retrieval-1.3.0.sigstore.json",
	})
		with data.parameters.packs.provenance.tools as ["code-execution", "shell"]
}
