"""What `cpctl gate` leaves for its next run, and which change of the machine makes it void."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane import wiring
from controlplane.cli.main import run
from controlplane.operations import recalled
from controlplane.operations.linting import lint
from controlplane.repo.snapshot import Snapshot
from controlplane.values import Problem
from tests.support import binaries
from tests.support.gated import Gated

BEFORE = "judged before, at"
Gate = Callable[..., str]


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CPCTL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CPCTL_COMPILED", raising=False)
    assert run(["keys", "init"]) == 0


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    made = Gated(tmp_path / "r")
    made.deny()
    return made


@pytest.fixture
def gate(gated: Gated, capsys: pytest.CaptureFixture[str]) -> Gate:
    """Return what runs the gate and returns what it talked about."""

    def asked(*options: str) -> str:
        capsys.readouterr()
        where = ["--root", str(gated.path), "--base", "main", "--head", "change"]
        assert run(["gate", *where, *options]) in {0, 1}
        return capsys.readouterr().err

    return asked


def _program(place: Path, of: Path, remark: str) -> None:
    """Put a program at `place` that does what another does."""
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.write_text(f'#!/bin/sh\n# {remark}\nexec "{of}" "$@"\n', encoding="utf-8")
    place.chmod(0o755)


@pytest.mark.parametrize("options", [(), ("--no-record",)])
def test_a_revision_that_a_run_found_sound_is_not_looked_at_again(
    gated: Gated, gate: Gate, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    looked: list[str] = []

    def looking(snapshot: Snapshot) -> tuple[Problem, ...]:
        looked.append(snapshot.tree_id)
        return tuple(lint(snapshot))

    monkeypatch.setattr(recalled, "lint", looking)
    gate("--engine", "embedded", *options)
    assert len(looked) == 1
    gated.repair()
    gate("--engine", "embedded", *options)
    assert len(looked) == 1


def test_an_answer_that_a_run_recorded_is_given_again(gate: Gate) -> None:
    assert BEFORE not in gate("--engine", "embedded")
    assert BEFORE in gate("--engine", "embedded")


@pytest.mark.requires("opa")
def test_another_compiled_policy_is_asked_anew(
    gated: Gated, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "compiled"
    monkeypatch.setenv("CPCTL_COMPILED", str(made))
    root = ["--root", str(gated.path), "--rev", "main"]
    assert run(["policy", "build", *root, "-o", str(made)]) == 0
    assert BEFORE not in gate("--engine", "compiled")
    assert BEFORE in gate("--engine", "compiled")
    fresh = tmp_path / "fresh"
    fresh.write_bytes(made.read_bytes())
    fresh.replace(made)
    assert BEFORE not in gate("--engine", "compiled")
    assert BEFORE in gate("--engine", "compiled")


@pytest.mark.requires("opa")
@pytest.mark.parametrize("engine", ["opa", "compiled"])
def test_another_opa_is_asked_anew(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    real, place = binaries.need("opa"), tmp_path / "bin" / "opa"
    monkeypatch.setattr(wiring, "TOOLS", place.parent)
    _program(place, real, "one")
    assert BEFORE not in gate("--engine", engine)
    assert BEFORE in gate("--engine", engine)
    _program(place, real, "two")
    assert BEFORE not in gate("--engine", engine)
