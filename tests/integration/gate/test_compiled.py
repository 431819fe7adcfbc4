"""Compiled policies through the commands: made, named, demanded, recorded, and refused."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.reading_on import Reading
from controlplane.policy.bundle import load, of_parts
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.compiled_artifact import Artifact
from controlplane.repo.git import GitRepository
from evidence.canonical import digest_bytes
from evidence.objects import StoredRecord
from evidence.store import StoredRun
from tests.support import documents
from tests.support.gated import RULE, Gated
from tests.support.policies import finds, rule

pytestmark = pytest.mark.requires("opa")


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CPCTL_COMPILED", raising=False)


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "r")


@pytest.fixture
def without_opa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what takes OPA off this machine, with everything that was remembered."""

    def take_away() -> None:
        monkeypatch.setattr(wiring, "program", lambda _: None)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))

    return take_away


def _built(gated: Gated, out: Path, rev: str = "main") -> Path:
    assert run(["policy", "build", "--root", str(gated.path), "--rev", rev, "-o", str(out)]) == 0
    return out


def _by_kind(run: StoredRun, records: Sequence[StoredRecord]) -> list[dict[str, Any]]:
    return [{each.record["kind"]: run.payload(each) for each in records}]


def _gate(gated: Gated, *more: str) -> int:
    where = ["--root", str(gated.path), "--base", "main", "--head", "change"]
    return run(["gate", *where, *(more or ("--no-record",))])


def test_build_prints_what_the_file_holds_and_gives_the_same_bytes_again(
    gated: Gated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _built(gated, tmp_path / "a")
    said = capsys.readouterr()
    artifact = Artifact.from_bytes(first.read_bytes())
    for word in (artifact.digest, artifact.opa, artifact.sources.policies, "shipped"):
        assert word in said.out
    assert f"CPCTL_COMPILED={first}" in said.err
    for place in (tmp_path / "cache").rglob("*.wasm"):
        place.unlink()
    assert _built(gated, tmp_path / "b").read_bytes() == first.read_bytes()


def test_build_without_a_file_only_remembers(gated: Gated, tmp_path: Path) -> None:
    assert run(["policy", "build", "--root", str(gated.path)]) == Exit.CLEAN
    assert list((tmp_path / "cache/cpctl/compiled").glob("*.wasm"))


def test_one_file_holds_one_policy_set(
    gated: Gated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = "policySets:\n  - name: one\n  - name: two\n    families: [tenancy]\n"
    gated.files["repository.yaml"] = documents.document("Repository", "example", sets)
    gated.commit()
    build = ["policy", "build", "--root", str(gated.path), "--rev", "main"]
    out = ["-o", str(tmp_path / "c")]
    assert run([*build, *out]) == Exit.USAGE
    assert "--set one|two" in capsys.readouterr().err
    assert run([*build, *out, "--set", "three"]) == Exit.USAGE
    assert "one, two" in capsys.readouterr().err
    assert run([*build, *out, "--set", "two"]) == Exit.CLEAN
    assert run([*build, "--set", "two", "-o", str(tmp_path / "no/such/folder")]) == Exit.USAGE
    assert "cannot be written" in capsys.readouterr().err


def test_only_opa_compiles(
    gated: Gated, without_opa: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    without_opa()
    assert run(["policy", "build", "--root", str(gated.path)]) == Exit.INDETERMINATE
    assert "make tools" in capsys.readouterr().err


def test_what_cannot_be_loaded_is_not_compiled(
    gated: Gated, capsys: pytest.CaptureFixture[str]
) -> None:
    gated.files[RULE] = gated.files[RULE].replace(
        "name := input", "nobody.knows(1)\n\tname := input"
    )
    gated.commit()
    arguments = ["policy", "build", "--root", str(gated.path), "--rev", "main"]
    assert run(arguments) == Exit.INVALID_REPOSITORY
    assert f"{RULE}:" in capsys.readouterr().err


def test_named_policies_decide_without_opa_and_are_recorded_with_the_decision(
    gated: Gated,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_opa: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    gated.deny()
    file = _built(gated, tmp_path / "policies.compiled")
    without_opa()
    monkeypatch.setenv("CPCTL_COMPILED", str(file))
    assert run(["keys", "init", "--holder", "me"]) == Exit.CLEAN
    capsys.readouterr()
    assert _gate(gated, "--keys", str(tmp_path / "home/keys")) == Exit.FINDINGS
    said = capsys.readouterr()
    assert "engine: wasmtime" in said.err
    directory = wiring.evidence_directory(GitRepository.open(gated.path))
    (payloads,) = Reading(directory, lambda _: True, _by_kind).found()
    decision, compiled, policies = (payloads[k] for k in ("decision", "compiled", "policies"))
    (judgement,) = decision["judgements"]
    kept = base64.b64decode(compiled["file"])
    assert kept == file.read_bytes()
    assert compiled["policies"] == judgement["policies"] == policies["digest"]
    artifact = Artifact.from_bytes(kept)
    assert judgement["engine"]["name"] == "compiled"
    assert judgement["engine"]["artifact"] == compiled["digest"] == artifact.digest
    # The file's digest covers what the module's does not: which OPA compiled it.
    assert judgement["engine"]["artifactFile"] == digest_bytes(kept)
    assert artifact.opa.encode() in kept.partition(b"\n")[0]
    # From the record alone it can be asked again.
    loaded = load(policies["modules"])
    bundle = of_parts(loaded.bundle.rules, loaded.bundle.modules, policies["data"])
    with CompiledEngine.from_artifact(kept).prepare(bundle) as again:
        assert again.artifact == artifact.digest


def test_a_change_of_policies_needs_the_files_of_both_sides(
    gated: Gated,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_opa: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    gated.files[RULE] = gated.files[RULE].replace('zone != "eu"', 'zone != "us"')
    gated.commit("change")
    files = [str(_built(gated, tmp_path / rev, rev)) for rev in ("main", "change")]
    without_opa()
    monkeypatch.setenv("CPCTL_COMPILED", files[0])
    assert _gate(gated) == Exit.INDETERMINATE
    assert "asked are those of" in capsys.readouterr().err
    monkeypatch.setenv("CPCTL_COMPILED", ":".join(files))
    assert _gate(gated) == Exit.FINDINGS


@pytest.mark.parametrize("other", ["embedded", "opa"])
def test_a_branch_that_demands_compiled_policies_refuses_others(
    gated: Gated, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = "requiredEngine: compiled\n"
    gated.files["repository.yaml"] = documents.document("Repository", "example", spec)
    gated.base = gated.commit()
    gated.git("branch", "-q", "-D", "change")
    # What the change itself demands does not count.
    gated.files["repository.yaml"] = documents.document(
        "Repository", "example", f"requiredEngine: {other}\n"
    )
    gated.repair()
    assert _gate(gated, "--no-record", "--engine", other) == Exit.INDETERMINATE
    assert "demands the engine `compiled`" in capsys.readouterr().err
    assert _gate(gated, "--no-record", "--engine", "compiled") == Exit.CLEAN


def test_policy_test_names_the_engine_that_refuses(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without_opa: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["policy", "new", "tenancy/first", "--root", str(tmp_path)]) == Exit.CLEAN
    bundle = load(rule(finds("true"))).bundle
    stale = tmp_path / "stale"
    stale.write_bytes(CompiledEngine(binary=wiring.program("opa")).artifact(bundle).to_bytes())
    without_opa()
    monkeypatch.setenv("CPCTL_COMPILED", str(stale))
    capsys.readouterr()
    assert run(["policy", "test", str(tmp_path)]) == Exit.INDETERMINATE
    said = capsys.readouterr().err
    assert "the engine compiled: the compiled policy is of the policies" in said
    assert "next: make it again with `cpctl policy build`" in said


def test_policy_test_shows_every_place_that_an_engine_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A conflict of names is one that only OPA sees."""
    for each in ("first", "second"):
        assert run(["policy", "new", f"tenancy/{each}", "--root", str(tmp_path)]) == Exit.CLEAN
        place = tmp_path / f"policies/tenancy/{each}/rule.rego"
        place.write_text(place.read_text() + "\nhelper(x) := x\n\nhelper(x, y) := x + y\n")
    capsys.readouterr()
    code = run(["policy", "test", str(tmp_path), "--engine", "compiled"])
    said = capsys.readouterr().err
    assert code == Exit.INVALID_REPOSITORY
    for each in ("first", "second"):
        assert re.search(rf"policies/tenancy/{each}/rule.rego:\d+:\d+: ", said)
    assert "compiled refuses this: OPA refuses this" in said
