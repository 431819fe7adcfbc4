"""Everything that is wrong with one state of the repository, before any rule is asked."""

from __future__ import annotations

from controlplane.errors import InvalidRepositoryError
from controlplane.repo import locks
from controlplane.repo.snapshot import Snapshot
from controlplane.values import Problem


def lint(snapshot: Snapshot) -> tuple[Problem, ...]:
    """Return every problem of a snapshot, of its pack locks too, sorted by place."""
    return tuple(sorted({*snapshot.problems, *locks.check(snapshot)}))


def require_sound(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot, or raise InvalidRepositoryError where lint finds anything.

    What is rendered, planned or applied is what lint and the gate accept, and nothing else.
    """
    problems = lint(snapshot)
    if problems:
        first = problems[0]
        raise InvalidRepositoryError(
            f"{snapshot.revision} has {len(problems)} problem(s), the first at "
            f"{first.position}: {first.message}",
            remedy="run `cpctl lint` to see all of them",
        )
    return snapshot
