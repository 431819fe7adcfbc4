package controlplane.residency.endpoint_zone_test

import data.controlplane.residency.endpoint_zone

with_endpoint(endpoint) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"data": {"residency": ["eu"]},
		"observability": {"sink": {"endpoint": endpoint}},
	}},
}}

zones := {"otlp.eu01.nr-data.net": "eu", "otlp.nr-data.net": "us"}

agreed(residency) := {"subject": {
	"name": "acme",
	"resource": {"spec": {
		"data": {"residency": residency},
		"observability": {"sink": {"endpoint": "https://otlp.nr-data.net:4317/v1"}},
	}},
}}

sink(kind) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"observability": {"sink": {"kind": kind}}}},
}}

with_kind(kind) := {"subject": {
	"name": "acme",
	"resource": {"spec": {"data": {
		"ingress": [{"kind": kind, "source": "https://otlp.nr-data.net/sales"}],
		"residency": ["eu"],
	}}},
}}

elsewhere_finding := {
	"code": "elsewhere",
	"path": ["spec", "observability", "sink", "endpoint"],
	"params": {
		"allowed": "eu",
		"tenant": "acme",
		"url": "https://otlp.nr-data.net:4317/v1",
		"zone": "us",
	},
}

test_telemetry_in_another_zone_is_found if {
	asked := with_endpoint("https://otlp.nr-data.net:4317/v1")
	endpoint_zone.findings == {elsewhere_finding} with input as asked
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_host_that_nobody_knows_is_found if {
	endpoint_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "observability", "sink", "endpoint"],
		"params": {"tenant": "acme", "url": "https://otel.acme.example"},
	}} with input as with_endpoint("https://otel.acme.example")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_name_that_goes_on_is_another if {
	endpoint_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "observability", "sink", "endpoint"],
		"params": {"tenant": "acme", "url": "https://otlp.eu01.nr-data.net.evil.test:4317/v1"},
	}} with input as with_endpoint("https://otlp.eu01.nr-data.net.evil.test:4317/v1")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_name_with_a_letter_less_is_another if {
	endpoint_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "observability", "sink", "endpoint"],
		"params": {"tenant": "acme", "url": "https://otlp.eu1.nr-data.net:4317/v1"},
	}} with input as with_endpoint("https://otlp.eu1.nr-data.net:4317/v1")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_user_name_in_front_does_not_hide_the_host if {
	endpoint_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "observability", "sink", "endpoint"],
		"params": {"tenant": "acme", "url": "https://otlp.eu01.nr-data.net:4317@evil.test/v1"},
	}} with input as with_endpoint("https://otlp.eu01.nr-data.net:4317@evil.test/v1")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_query_in_front_does_not_hide_the_host if {
	endpoint_zone.findings == {{
		"code": "unknown",
		"path": ["spec", "observability", "sink", "endpoint"],
		"params": {"tenant": "acme", "url": "https://evil.test?@otlp.eu01.nr-data.net/v1"},
	}} with input as with_endpoint("https://evil.test?@otlp.eu01.nr-data.net/v1")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_telemetry_in_its_zone_will_do if {
	endpoint_zone.findings == set() with input as with_endpoint("https://otlp.eu01.nr-data.net:4317/v1")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_host_in_capital_letters_is_the_same if {
	endpoint_zone.findings == set() with input as with_endpoint("https://OTLP.eu01.nr-data.net")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_zone_that_is_not_agreed_is_found if {
	endpoint_zone.findings == {elsewhere_finding} with input as agreed(["eu"])
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_zone_that_is_agreed_will_do if {
	endpoint_zone.findings == set() with input as agreed(["eu", "us"])
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_sink_without_an_address_is_found if {
	endpoint_zone.findings == {{
		"code": "unaddressed",
		"path": ["spec", "observability", "sink"],
		"params": {"kind": "otlp", "tenant": "acme"},
	}} with input as sink("otlp") with data.parameters.residency.endpoint_zone.zones as zones
}

test_the_platforms_own_sink_needs_none if {
	endpoint_zone.findings == set() with input as sink("platform")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_warehouse_in_another_zone_is_found if {
	endpoint_zone.findings == {{
		"code": "elsewhere",
		"path": ["spec", "data", "ingress", 0, "source"],
		"params": {
			"allowed": "eu",
			"tenant": "acme",
			"url": "https://otlp.nr-data.net/sales",
			"zone": "us",
		},
	}} with input as with_kind("warehouse") with data.parameters.residency.endpoint_zone.zones as zones
}

test_an_upload_comes_from_anywhere if {
	endpoint_zone.findings == set() with input as with_kind("upload")
		with data.parameters.residency.endpoint_zone.zones as zones
}

test_a_sink_with_an_address_will_do if {
	named := {"subject": {"resource": {"spec": {"observability": {"sink": {"kind": "otlp"}}}}}}
	asked := object.union(with_endpoint("https://otlp.eu01.nr-data.net:4317/v1"), named)
	endpoint_zone.findings == set() with input as asked
		with data.parameters.residency.endpoint_zone.zones as zones
}
