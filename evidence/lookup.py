"""Finding things in evidence directories by what a person types: indexes, first digits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.canonical import digest_bytes
from evidence.errors import UsageError
from evidence.objects import StoredRecord
from evidence.store import StoredRun, readers, runs_of

_INDEX = re.compile(r"(?:(?P<origin>.+)#)?(?P<index>\d{1,9})")
_DIGITS = re.compile(r"(?:sha256:)?(?P<digits>[0-9a-f]{4,64})")
_SEE = "run `cpctl evidence list` to see what there is"


@dataclass(frozen=True)
class Found:
    """A run, or one record of it."""

    run: StoredRun
    record: StoredRecord | None = None


def runs(directories: Sequence[Path]) -> list[StoredRun]:
    """Return every run of the directories' logs, ordered by the time it claims."""
    found = [
        run for directory, log in readers(directories).values() for run in runs_of(directory, log)
    ]
    return sorted(found, key=lambda run: (run.statement.finished, run.origin, run.index))


def commit(known: Sequence[StoredRun], start: str) -> str:
    """Return the one commit among the runs' subjects that begins with `start`.

    Raises UsageError for none or several.
    """
    if not re.fullmatch(r"[0-9a-f]{4,64}", start):
        raise UsageError(
            f"{start!r} is no commit id", remedy="give its hexadecimal digits (`git rev-parse`)"
        )
    found = {
        value
        for run in known
        for subject in run.statement.subjects
        for name, value in subject.digest.items()
        if name == "gitCommit" and value.startswith(start)
    }
    if len(found) == 1:
        return found.pop()
    if found:
        raise UsageError(f"{start} begins {len(found)} commits", remedy="give more digits")
    raise UsageError(f"no evidence names a commit {start}", remedy=_SEE)


def find(directories: Sequence[Path], name: str) -> Found:
    """Return what `name` names: an index, or the first digits of a statement's or record's digest.

    Raises UsageError for none or several.
    """
    known = runs(directories)
    index, digits = _INDEX.fullmatch(name), _DIGITS.fullmatch(name)
    found: list[Found] = []
    if index is not None:
        found = [
            Found(run)
            for run in known
            if run.index == int(index["index"]) and index["origin"] in (None, run.origin)
        ]
    if digits is not None and not found:
        start = f"sha256:{digits['digits']}"
        found = [Found(run) for run in known if run.envelope.digest.startswith(start)]
        found = found or _records(known, start)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name} names {len(found)} things", remedy="give the log or more digits")
    raise UsageError(f"nothing is called {name}", remedy=_SEE)


def _records(known: Sequence[StoredRun], start: str) -> list[Found]:
    """Return the records whose own digest or whose payload's begins with `start`."""
    return [
        Found(run, record)
        for run in known
        for record in run.records()
        if digest_bytes(record.data).startswith(start) or record.record["payload"].startswith(start)
    ][:2]
