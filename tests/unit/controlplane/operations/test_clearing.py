"""What merged without a decision is applied only where the revision in force permits that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlplane.operations.clearing import Clearance, NotClearedError, branch, clear
from controlplane.operations.gate import GateReport, Step
from controlplane.policy.model import Verdict
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from tests.support import documents
from tests.support.gitrepo import TestRepository

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
README = {"README.md": "Ours.\n"}


def settings(ungated: str) -> dict[str, str]:
    root = documents.document("Repository", "example", f"ungatedMerges: {ungated}\n")
    return documents.repository(root=root)


def allowed(step: Step) -> GateReport:
    return GateReport(step, Verdict((), (), ("tenancy/first",)), changes(step.base, step.head))


def cleared(path: Path, *commits: dict[str, str], applied: int | None = None) -> Clearance:
    made = TestRepository(path / "git")
    ids = [made.commit(files) for files in commits]
    git = GitRepository.open(path / "git")
    way = branch(git, "" if applied is None else ids[applied], ids[-1])
    return clear(way, path / "evidence", allowed, NOW)


@pytest.mark.parametrize("applied", [None, 0], ids=["nothing remembered", "first applied"])
def test_a_revision_cannot_excuse_itself(tmp_path: Path, applied: int | None) -> None:
    """A lost state store must not make the last commit its own judge."""
    with pytest.raises(NotClearedError, match="not gated before merge"):
        cleared(tmp_path, settings("refuse"), settings("gate-then-apply"), applied=applied)


@pytest.mark.parametrize("applied", [None, 0], ids=["nothing remembered", "first applied"])
def test_what_is_permitted_is_judged_late(tmp_path: Path, applied: int | None) -> None:
    permitted = settings("gate-then-apply")
    assert not cleared(tmp_path, permitted, permitted | README, applied=applied).gated


def test_a_history_may_begin_before_its_settings(tmp_path: Path) -> None:
    assert not cleared(tmp_path, README, settings("gate-then-apply")).gated
    with pytest.raises(NotClearedError):
        cleared(tmp_path / "other", README, settings("refuse"))
