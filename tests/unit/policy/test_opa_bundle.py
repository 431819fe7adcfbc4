"""Policies as the files of an OPA bundle, and taken from those that others made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controlplane.policy import opa_bundle
from controlplane.policy.archive import ArchiveError
from controlplane.policy.bundle import load, require, restrict
from controlplane.policy.opa_bundle import Compiled, compiled_in, taken, written
from tests.support.policies import finds, rule

LIMIT = finds("input.subject.n > data.parameters.change_control.first_rule.most")
ID = "change-control/first-rule"
SCHEMA = json.dumps(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"most": {"type": "integer", "default": 1}},
        "additionalProperties": False,
    }
)
SCHEMAS = {f"policies/{ID}/parameters.schema.json": SCHEMA}
FILES = (
    rule(LIMIT, ID, uses="parameters")
    | rule(finds("true"), "tenancy/other")
    | SCHEMAS
    | {"policies/lib/text/text.rego": "package controlplane.lib.text\n\nn(x) := x\n"}
)
BUNDLE = require(FILES, {ID: {"most": 7}})


def _written(**more: Any) -> dict[str, bytes]:
    return written(BUNDLE, SCHEMAS, name="set", revision="abc", **more)


def test_what_is_written_is_taken_as_it_was() -> None:
    found = taken(_written())
    assert load(found.files, found.parameters).problems == ()
    assert require(found.files, found.parameters).digest == BUNDLE.digest


def test_the_manifest_says_what_is_inside() -> None:
    manifest = json.loads(_written()[".manifest"])
    assert manifest["revision"] == "abc"
    assert manifest["roots"] == ["controlplane", "controlplane_decision", "parameters"]
    assert manifest["metadata"]["controlplane.dev"] == {
        "policies": BUNDLE.digest,
        "policySet": "set",
    }
    assert "wasm" not in manifest  # an OPA without a Wasm runtime would refuse it


def test_only_the_parameters_of_its_rules_are_in_a_bundle() -> None:
    some = restrict(BUNDLE, ["tenancy/other"])
    assert json.loads(written(some, {}, name="s", revision="r")["data.json"]) == {"parameters": {}}


def test_a_compiled_policy_is_carried_with_what_it_says_of_itself() -> None:
    carried = Compiled({"opa": "1"}, b"\0asm")
    assert compiled_in(_written(compiled=carried)) == carried
    with pytest.raises(ArchiveError, match="no compiled policy"):
        compiled_in(_written())


@pytest.mark.parametrize("above", ["", "policies/", "src/policies/"])
def test_the_folder_above_does_not_matter(above: str) -> None:
    files = {f"{above}{ID}/rule.rego": b"", f"{above}lib/text/text.rego": b"", "data.json": b"{}"}
    assert set(taken(files).files) == {
        f"policies/{ID}/rule.rego",
        "policies/lib/text/text.rego",
    }


@pytest.mark.parametrize(
    "path", ["controlplane/other.rego", "a/data.json", "data.yaml", "policies.rego"]
)
def test_a_file_that_is_nobodys_stays_in_and_is_refused_when_loaded(path: str) -> None:
    files = {p: t.encode() for p, t in rule(finds("true")).items()} | {path: b"x"}
    assert {p.code for p in load(taken(files).files).problems} >= {"policy/layout"}


@pytest.mark.parametrize(
    "data",
    [
        b'{"roles": {}}',
        b'{"parameters": []}',
        b"[]",
        b'{"parameters": {"change_control": 1}}',
        b'{"parameters": {"change_control": {"first_rul": {}}}}',
        b'{"parameters": {"change_control": {"first_rule": 1}}}',
    ],
)
def test_data_that_no_rule_reads_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        taken({path: text.encode() for path, text in FILES.items()} | {"data.json": data})


def test_a_module_that_is_no_text_is_refused() -> None:
    with pytest.raises(ArchiveError, match="not UTF-8"):
        taken({"policies/a/b/rule.rego": b"\xff"})


def test_the_entries_of_a_bundle_are_not_taken_from_it() -> None:
    """They are generated again: whoever publishes does not say what is asked."""
    assert opa_bundle.PATH in _written()
    assert not any("controlplane_decision" in path for path in taken(_written()).files)
