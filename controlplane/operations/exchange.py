"""Carries evidence between machines through Git references: `refs/evidence/<writer>`.

A writer publishes its evidence directory under a reference of its own, so that two writers never
meet; whoever has the references collects what they hold. Collecting verifies every log before a
byte of it is taken over, is idempotent, and a reference that does not hold stops no other one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controlplane.errors import ControlPlaneError, UsageError
from controlplane.repo.git import GitRepository
from controlplane.repo.git.keeping import Kept, keep, kept, write_out
from evidence.disk import Disk
from evidence.errors import EvidenceError
from evidence.merge import NotVerifiedError, SplitViewError, import_logs
from evidence.trust import TrustSet

PREFIX = "refs/evidence/"
_WRITER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LEFT_OUT = ("lock", "runs")  # what is under way belongs to its process


@dataclass(frozen=True)
class Collected:
    """What came of one reference: new entries by log, or why nothing was taken over."""

    reference: str
    new: int = 0
    problem: str = ""
    remedy: str = ""


def publish(repository: GitRepository, directory: Path, writer: str, now: datetime) -> Kept:
    """Put the evidence in `directory` under `refs/evidence/<writer>` and return what it holds.

    Raises UsageError for a name that is no DNS label, or where there is no evidence.
    """
    if not _WRITER.fullmatch(writer):
        raise UsageError(
            f"{writer!r} cannot name a writer",
            remedy="use lower-case letters, digits and dashes, such as ci-4711",
        )
    files = dict(_files(directory))
    if not files:
        raise UsageError(
            f"{directory} holds no evidence", remedy="run `cpctl gate` or `cpctl apply` first"
        )
    return keep(repository, f"{PREFIX}{writer}", files, now)


def _files(directory: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        hidden = any(part.startswith(".") for part in relative.parts)
        inside = relative.parts[2:] if relative.parts[0] == "logs" else ()
        under_way = bool(inside) and inside[0] in _LEFT_OUT
        if path.is_file() and not path.is_symlink() and not hidden and not under_way:
            yield relative.as_posix(), path.read_bytes()


def collect(
    repository: GitRepository, directory: Path, trust: TrustSet, now: datetime
) -> tuple[Collected, ...]:
    """Take over what every `refs/evidence/*` of the repository holds and `directory` does not.

    Only logs that hold under `trust`: somebody who may push references must not be able to grow
    a log that is not theirs. What was taken over from a reference before is not read again while
    it stays as it was.
    """
    marks = directory / ".collected"
    found = []
    for held in kept(repository, PREFIX):
        mark = marks / held.reference.removeprefix(PREFIX).replace("/", "~")
        if mark.is_file() and mark.read_text(encoding="utf-8") == held.commit:
            continue
        found.append(_taken(repository, held, directory, trust, now))
        if not found[-1].problem:
            marks.mkdir(parents=True, exist_ok=True)
            mark.write_text(held.commit, encoding="utf-8")
    return tuple(found)


def _taken(
    repository: GitRepository, held: Kept, directory: Path, trust: TrustSet, now: datetime
) -> Collected:
    with tempfile.TemporaryDirectory(prefix="cpctl-evidence-") as scratch:
        try:
            write_out(repository, held, Path(scratch))
            new = import_logs(Path(scratch), directory, trust, now, Disk())
        except (ControlPlaneError, EvidenceError) as error:
            # The scratch folder is gone by then, so that no message may name it.
            said = str(error).replace(f"{scratch}: ", "").replace(scratch, held.reference)
            return Collected(held.reference, problem=said, remedy=_remedy(error))
    return Collected(held.reference, sum(new.values()))


def _remedy(error: ControlPlaneError | EvidenceError) -> str:
    if isinstance(error, NotVerifiedError):
        return "let trust/ name the key, if it is one of yours; else its writer must publish again"
    if isinstance(error, SplitViewError):
        return (
            "where you wrote both, in two copies of the repository with the same keys, give each a "
            "CPCTL_ORIGIN of its own; else keep both: whoever holds the key showed two histories"
        )
    return error.remedy
