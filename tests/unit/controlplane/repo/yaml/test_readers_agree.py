"""Whatever the fast reader accepts, the strict one accepts with the same value."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlplane.repo.yaml import fast
from controlplane.repo.yaml.limits import DEFAULT
from tests.support.yaml_documents import blocks, mutated, written
from tests.support.yaml_fuzz import compare, difference, main

EXAMPLES = int(os.environ.get("CPCTL_YAML_EXAMPLES", "400"))


def assert_agreement(raw: str) -> None:
    assert difference(raw)[1] == "", raw


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(blocks(), written(), mutated()))
def test_the_fast_reader_never_accepts_more_or_reads_otherwise(text: str) -> None:
    assert_agreement(text)


def test_resources_with_small_faults(record_property: Callable[[str, object], None]) -> None:
    """What `make fuzz` does with many more."""
    total = compare(2000, seed=1)
    assert total.differences == ()
    assert total.fast > 800
    record_property("counted: generated YAML documents, both readers", total.fast)


def test_a_fault_of_the_fast_reader_is_found_and_made_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fast, "_WORDS", frozenset())
    assert main(["--documents", "1000"]) == 1
    *_, short = capsys.readouterr().out.splitlines()
    assert short == "'n: a'"


def test_what_begins_like_a_marker_is_none() -> None:
    text = "a: b\n---#\nc: d\n"
    assert fast.load(text, DEFAULT) is None
    assert fast.load(text.replace("---#", "--- #"), DEFAULT) is not None


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
