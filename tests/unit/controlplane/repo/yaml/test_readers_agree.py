"""Whatever the fast reader accepts, the strict one accepts with the same value."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlplane.repo.yaml import fast, strict
from controlplane.repo.yaml.limits import DEFAULT
from controlplane.repo.yaml.text import decode
from tests.support.yaml_documents import blocks, mutated, written

EXAMPLES = int(os.environ.get("CPCTL_YAML_EXAMPLES", "400"))


def assert_agreement(raw: str) -> None:
    text, problems = decode(raw.encode("utf-8", "surrogatepass"), "f.yaml", DEFAULT)
    if problems:
        return
    found = fast.load(text, DEFAULT)
    if found is None:
        return
    documents, wrong = strict.load(text, "f.yaml", DEFAULT)
    assert wrong == [], text
    assert [(d.value, type(d.value)) for d in documents] == [(v, type(v)) for v, _ in found], text
    assert repr([d.value for d in documents]) == repr([value for value, _ in found]), text


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(blocks(), written(), mutated()))
def test_the_fast_reader_never_accepts_more_or_reads_otherwise(text: str) -> None:
    assert_agreement(text)


def test_an_ordinary_file_takes_the_fast_path() -> None:
    text = (
        "# yaml-language-server: $schema=../schemas/any.json\n"
        "apiVersion: controlplane.dev/v1alpha1\n"
        "kind: Tenant\n"
        "metadata:\n"
        "  name: acme\n"
        '  displayName: "Acme, Inc."\n'
        "spec:\n"
        "  data: # where it may be\n"
        "    residency: [eu, us]\n"
        "  packs:\n"
        "    - name: retrieval\n"
        '      version: ">=1.2,<2"\n'
        "      config:\n"
        "        replicas: 3\n"
        "        enabled: true\n"
        "        window: 30d\n"
        "        address: https://example.com/a#b\n"
        "  placements:\n"
        "  - environment: prod\n"
        "    target: here\n"
        "---\n"
        "kind: Waiver\n"
    )
    assert fast.load(text, DEFAULT) is not None
    assert_agreement(text)
