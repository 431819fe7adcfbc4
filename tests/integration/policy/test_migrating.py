"""The page for people who come from Conftest and Gatekeeper, run: old rule and new, same findings."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.policy.bundle import LoadedPolicies, load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.company import ROOT

pytestmark = pytest.mark.requires("opa", "conftest")

PAGE = (ROOT / "docs/migrating.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
FILES = dict(BLOCK.findall(PAGE))
WANTED = ["owner", "cost-center"]


def _deployment(name: str, **pod: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"owner": "a"}},
        "spec": {"template": {"spec": pod}},
    }


def _namespace(name: str, **labels: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


OBJECTS = [
    _deployment("safe", securityContext={"runAsNonRoot": True}),
    _deployment("said-so", securityContext={"runAsNonRoot": False}),
    _deployment("silent"),
    _deployment("empty", securityContext={}),
    {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "other"}, "spec": {}},
    _namespace("all", owner="a", **{"cost-center": "7"}),
    _namespace("one", owner="a"),
    _namespace("none"),
    _namespace("others", team="x"),
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bare"}},
]


def _name(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"]["name"])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("migrating")
    for path, text in FILES.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def policies(written: Path) -> LoadedPolicies:
    loaded = load({path: text for path, text in FILES.items() if path.startswith("policies/")})
    assert loaded.problems == ()
    return loaded


def _engines() -> Iterator[PolicyEngine]:
    opa = binaries.need("opa")
    yield from (CompiledEngine(binary=opa), EmbeddedEngine(), OpaEngine(binary=opa))


def _envelope(*objects: dict[str, Any]) -> bytes:
    subject = {"kind": "Placement", "name": "a/b@c", "resource": {"objects": list(objects)}}
    return canonical({"subject": subject})


def _ours(policies: LoadedPolicies, rule: str) -> dict[str, dict[str, set[str]]]:
    """Return by engine and object what the rule finds: the parameter that tells findings apart."""
    chosen = tuple(each for each in policies.bundle.rules if each.id == rule)
    told = {"moved/root": "name", "moved/labels": "label"}[rule]
    found: dict[str, dict[str, set[str]]] = {}
    for engine in _engines():
        with engine.prepare(policies.bundle) as prepared:
            for manifest in OBJECTS:
                question = Question("Placement/a/b@c", _envelope(manifest), chosen)
                verdict = decide(question, prepared.answer(question))
                assert verdict.indeterminate == ()
                said = {str(dict(each.params)[told]) for each in verdict.findings}
                found.setdefault(engine.name, {})[_name(manifest)] = said
    return found


def _conftest(written: Path, manifest: dict[str, Any]) -> set[str]:
    (written / "object.json").write_text(json.dumps(manifest))
    command = re.search(r"^\$ conftest (.*)$", PAGE, re.MULTILINE)
    assert command
    done = subprocess.run(
        [binaries.need("conftest"), *command[1].split(), "-o", "json"],
        cwd=written,
        capture_output=True,
        text=True,
        check=False,
    )
    (result,) = json.loads(done.stdout)
    said = [each["msg"] for each in result.get("failures", [])]
    found = [re.fullmatch(r"Deployment (\S+) may run as root", text) for text in said]
    return {match[1] for match in found if match}


def test_the_conftest_rule_and_the_migrated_one_find_the_same(
    written: Path, policies: LoadedPolicies
) -> None:
    theirs = {_name(manifest): _conftest(written, manifest) for manifest in OBJECTS}
    assert sum(map(len, theirs.values())) == 3
    ours = _ours(policies, "moved/root")
    assert ours == dict.fromkeys(("compiled", "embedded", "opa"), theirs)


def _gatekeeper(written: Path, manifest: dict[str, Any]) -> set[str]:
    review = {"review": {"object": manifest}, "parameters": {"labels": WANTED}}
    (written / "review.json").write_text(json.dumps(review))
    command = re.search(r"^\$ opa (eval .*)$", PAGE, re.MULTILINE)
    assert command
    done = subprocess.run(
        [binaries.need("opa"), *command[1].split()],
        cwd=written,
        capture_output=True,
        text=True,
        check=True,
    )
    (answer,) = json.loads(done.stdout)["result"]
    violations = answer["expressions"][0]["value"]
    return {label for each in violations for label in each["details"]["missing_labels"]}


def test_the_constraint_template_and_the_migrated_rule_find_the_same(
    written: Path, policies: LoadedPolicies
) -> None:
    """A Constraint matches kinds before its template is asked; here the rule does so itself."""
    matched = [manifest for manifest in OBJECTS if manifest["kind"] == "Namespace"]
    theirs = {_name(manifest): set[str]() for manifest in OBJECTS}
    theirs |= {_name(manifest): _gatekeeper(written, manifest) for manifest in matched}
    assert sum(map(len, theirs.values())) == 7
    ours = _ours(policies, "moved/labels")
    assert ours == dict.fromkeys(("compiled", "embedded", "opa"), theirs)


def test_the_migrated_rules_pass_policy_test_with_the_samples_they_need(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for rule, kind in (("root", "Deployment"), ("labels", "Namespace")):
        own = [manifest for manifest in OBJECTS if manifest["kind"] == kind]
        folder = written / f"policies/moved/{rule}/samples"
        folder.mkdir(exist_ok=True)
        (folder / "allow.jsonc").write_bytes(_envelope(own[0]))
        (folder / "deny.jsonc").write_bytes(_envelope(own[1]))
    assert run(["policy", "test", str(written)]) == Exit.CLEAN, capsys.readouterr().err
    for arguments in (["check", "--strict", "policies"], ["fmt", "-l", "policies"]):
        done = subprocess.run(
            [binaries.need("opa"), *arguments], cwd=written, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, b"")
