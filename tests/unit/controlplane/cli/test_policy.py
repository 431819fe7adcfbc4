"""Which rules `cpctl policy` means by a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with one rule, a page of it, and a folder that holds nothing of either."""
    assert run(["policy", "new", "tenancy/first", "--root", str(tmp_path)]) == Exit.CLEAN
    assert run(["policy", "docs", str(tmp_path)]) == Exit.CLEAN
    (tmp_path / "tenants").mkdir()
    return tmp_path


@pytest.mark.parametrize("command", [["test", "--engine", "embedded"], ["docs", "--check"]])
@pytest.mark.parametrize("path", ["", "policies", "policies/"])
def test_a_path_is_a_repository_or_its_policies(
    repository: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], path: str
) -> None:
    monkeypatch.chdir(repository)
    assert run(["policy", *command, *([path] if path else [])]) == Exit.CLEAN
    monkeypatch.chdir(repository / "policies")
    assert run(["policy", *command]) == Exit.CLEAN


@pytest.mark.parametrize("command", [["test", "--engine", "embedded"], ["docs", "--check"]])
@pytest.mark.parametrize("path", ["nowhere", "tenants", "policies/tenancy"])
def test_any_other_path_is_refused(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    path: str,
) -> None:
    """Whoever misspells it must not be told that the rules of another folder are well."""
    monkeypatch.chdir(repository)
    assert run(["policy", *command, path]) == Exit.INVALID_REPOSITORY
    assert f"there is no folder `policies` in {path}" in capsys.readouterr().err
