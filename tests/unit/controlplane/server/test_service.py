"""What a new revision means for what an earlier one began."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controlplane.operations.wanted import Wanted
from controlplane.repo.git import GitRepository
from controlplane.server import service as module
from controlplane.server.service import Service
from reconciler.model import Desired, Placement
from tests.support import documents
from tests.support.gitrepo import TestRepository

ACME = Placement("acme/prod", "here")


def test_what_is_begun_and_not_declared_any_more_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first pass may be looking at the target: the state store knows nothing of it yet."""
    made = TestRepository(tmp_path)
    first = made.commit(documents.repository(tenant=None))
    second = made.commit(documents.repository(tenant=None) | {"README.md": ""})
    declared = {first: Wanted((Desired(ACME, first, ()),)), second: Wanted(())}
    monkeypatch.setattr(module, "wanted", lambda snapshot, _: declared[snapshot.revision])
    service: Any = Service.__new__(Service)
    service._given = SimpleNamespace(repository=GitRepository.open(tmp_path))
    service._targets = _Targets()
    service._to_prepare = threading.Event()
    store: Any = SimpleNamespace(statuses=lambda: ())
    service._begun = frozenset()

    (begun,) = service._render(store)(first).desired
    (emptied,) = service._render(store)(second).desired

    assert begun.placement == emptied.placement == ACME
    assert (emptied.resources, emptied.abandoned) == ((), True)


class _Targets:
    """One target for every name, which holds nothing."""

    def follow(self, snapshot: Any) -> None:
        """Nothing depends on what is declared."""

    def __call__(self, name: str) -> Any:
        return SimpleNamespace(placements=lambda: iter(()))
