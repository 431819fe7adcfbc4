"""`cpctl policy inputs` gives conftest what the gate judges: it finds what our engines find."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tenants
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.policies import policy_sets
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.canonical import canonical
from tests.support import binaries

pytestmark = pytest.mark.requires("opa", "conftest")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("exported")
    tenants.write(place / "r", 8)
    out = place / "out"
    arguments = ["policy", "inputs", "--root", str(place / "r"), "--rev", "main", "-o", str(out)]
    assert run(arguments) == Exit.CLEAN
    # Of what is all right, something is made wrong, so that there is something to find.
    for file in [*(out / "inputs" / "Placement").iterdir(), *(out / "inputs" / "Tenant").iterdir()]:
        envelope = json.loads(file.read_bytes())
        for each in envelope["subject"]["resource"].get("objects", ()):
            each["metadata"].pop("labels", None)
            for container in _containers(each):
                container.pop("securityContext", None)
                container["image"] = "elsewhere.example/app:latest"
        envelope["references"].pop("Plan", None)
        file.write_bytes(canonical(envelope))
    return out


def _containers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        manifest.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    )
    return found


def _conftest(out: Path) -> set[tuple[str, str, str]]:
    (policies,) = (place for place in out.iterdir() if place.name != "inputs")
    command = [str(binaries.need("conftest")), "test", "--output=json"]
    command += [f"--policy={policies}/policy", f"--data={policies}/data", f"{out}/inputs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)
    assert {each["filename"] for each in results} == {
        str(p) for p in (out / "inputs").rglob("*.json")
    }
    return {
        (found["metadata"]["rule"], *found["msg"].split(": ")[1:])
        for each in results
        for found in [*each.get("failures", ()), *each.get("warnings", ())]
    }


def _ours(out: Path) -> set[tuple[str, str, str]]:
    found = set()
    (chosen,) = policy_sets(read(GitRepository.open(out.parent / "r"), "main"))
    bundle = chosen.bundle
    with CompiledEngine(binary=binaries.need("opa")).prepare(bundle) as prepared:
        for file in (out / "inputs").rglob("*.json"):
            subject = json.loads(file.read_bytes())["subject"]
            rules = tuple(rule for rule in bundle.rules if subject["kind"] in rule.subjects)
            name = f"{subject['kind']}/{subject['name']}"
            question = Question(name, file.read_bytes(), rules)
            verdict = decide(question, prepared.answer(question))
            assert verdict.indeterminate == ()
            found |= {(each.rule, each.subject, each.code) for each in verdict.findings}
    return found


def test_conftest_finds_what_the_compiled_engine_finds(exported: Path) -> None:
    found = _ours(exported)
    assert len({rule for rule, _, _ in found}) > 3
    assert _conftest(exported) == found


def test_what_is_there_is_never_written_over(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = exported.parent / "r"
    assert run(["policy", "inputs", "--root", str(root), "-o", str(exported)]) == Exit.USAGE
    assert "is not empty" in capsys.readouterr().err
