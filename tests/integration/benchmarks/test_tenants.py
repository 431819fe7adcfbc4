"""The repository that the gate is measured on: the same for the same seed, and nothing denies it."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from benchmarks import tenants
from controlplane.cli.main import run
from controlplane.errors import Exit


def _tree(place: Path) -> str:
    return str(pygit2.Repository(str(place)).revparse_single("main^{tree}").id)


def test_the_same_seed_gives_the_same_tree(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        tenants.write(tmp_path / name, 6, seed)
    assert _tree(tmp_path / "a") == _tree(tmp_path / "b") != _tree(tmp_path / "c")


@pytest.mark.requires("opa")
def test_every_rule_passes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tenants.write(tmp_path, 60)
    arguments = ["--root", str(tmp_path), "--base", "main", "--head", "main", "--whole"]
    assert run(["gate", *arguments, "--no-record"]) == Exit.CLEAN, capsys.readouterr().out
