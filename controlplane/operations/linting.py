"""Everything that is wrong with one state of the repository, before any rule is asked."""

from __future__ import annotations

from controlplane.repo import locks
from controlplane.repo.snapshot import Snapshot
from controlplane.values import Problem


def lint(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Return every problem of a snapshot, of its pack locks too, sorted by place."""
    return tuple(sorted({*snapshot.problems, *locks.check(snapshot)}))
