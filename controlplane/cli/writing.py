"""Writing new files for a person: never over what is there, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from controlplane.cli import output
from controlplane.errors import InvalidRepositoryError, UsageError
from controlplane.operations.locking import lock
from controlplane.operations.scaffold import NewFile
from controlplane.repo.files import write_below
from controlplane.repo.snapshot import Snapshot


def write_new(root: Path, files: Sequence[NewFile]) -> list[Path]:
    """Write `files` below `root`; UsageError, with nothing written, where one is already there."""
    there = [file.path for file in files if (root / file.path).exists()]
    if there:
        one = len(there) == 1
        more = " is" if one else f" and {len(there) - 1} more are"
        raise UsageError(
            f"{root / there[0]}{more} already there, and nothing was written",
            remedy=f"choose another name or folder, or remove {'it' if one else 'them'} first",
        )
    root.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_below(root, file.path, file.text)
    return [root / file.path for file in files]


def locked(snapshot: Snapshot, tenant: str) -> list[NewFile]:
    """Return the lock of a tenant of `snapshot`; InvalidRepositoryError where there can be none."""
    changes, problems = lock(snapshot, [tenant])
    if problems:
        raise InvalidRepositoryError(problems[0].message, remedy=problems[0].remedy)
    return [NewFile(change.path, change.text) for change in changes]


def write_lock(root: Path, snapshot: Snapshot, tenant: str) -> list[Path]:
    """Write the lock of a tenant of `snapshot`; InvalidRepositoryError where there can be none."""
    files = locked(snapshot, tenant)
    for file in files:
        write_below(root, file.path, file.text)
    return [root / file.path for file in files]


def report(paths: Sequence[Path]) -> None:
    """Print the paths that were written."""
    for path in paths:
        output.data(str(path))
