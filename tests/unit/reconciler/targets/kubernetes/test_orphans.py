"""What the cluster is about to collect is told from what somebody else made."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.targets.kubernetes.prune import _orphaned

FOUND: Any = {"rs": ("ReplicaSet.apps/web", {"uid": "rs"})}


@pytest.mark.parametrize(
    ("owners", "expected"),
    [([], False), (["gone"], True), (["rs"], False), (["gone", "rs"], False)],
)
def test_an_orphan_has_owners_and_none_of_them_is_there(owners: list[str], expected: bool) -> None:
    meta: Any = {"uid": "pod", "ownerReferences": [{"uid": uid} for uid in owners]}
    assert _orphaned(meta, FOUND) is expected
