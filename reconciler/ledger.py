"""The evidence of one pass: begun with its first record, closed by one signed statement.

A pass that changes nothing and learns nothing leaves no statement. Whatever keeps evidence from
being written stops the work it would have proven.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from evidence.errors import EvidenceError
from evidence.records import Record
from evidence.run import Entry
from evidence.statement import Subject
from reconciler.errors import EvidenceUnavailableError

_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Recording(Protocol):
    """A run under way, as `evidence.run.Run` is one."""

    def record_many(self, new: Iterable[Record]) -> list[str]:
        """Add records, durably."""

    def close(self, *, outcome: str, summary: str) -> Entry:
        """Sign and append."""


class Evidence(Protocol):
    """Where evidence is written, as `evidence.writer.EvidenceWriter` does."""

    def begin(
        self, *, kind: str, subjects: Sequence[Subject], summary: str, run_id: str | None = None
    ) -> Recording:
        """Begin a run."""

    def recover(self) -> list[Entry]:
        """Close what processes that are gone left open."""


@dataclass(frozen=True)
class Grounds:
    """What lets a pass act, as whoever asked for it knows: said in its statement.

    `subjects` stand beside or, for a commit that they name, in place of the revisions; `records`
    come first.
    """

    subjects: tuple[Subject, ...] = ()
    records: tuple[Record, ...] = ()


NO_GROUNDS: Final = Grounds()


class Ledger:
    """The evidence of one pass. Its methods may be called from several threads."""

    def __init__(
        self,
        evidence: Evidence,
        *,
        run: str,
        kind: str,
        revisions: Iterable[str],
        grounds: Grounds = NO_GROUNDS,
    ) -> None:
        self._evidence = evidence
        self._run = run
        self._kind = kind
        self._revisions = sorted(set(revisions))
        self._grounds = grounds
        self._recording: Recording | None = None
        self._lock = threading.Lock()

    def recover(self) -> list[Entry]:
        """Close the statements of earlier runs that were broken off."""
        with _told():
            return self._evidence.recover()

    def record(self, records: Iterable[Record]) -> None:
        """Add records; durable when this returns. Raises EvidenceUnavailableError."""
        new = list(records)
        if not new:
            return
        with _told():
            self._begun().record_many(new)

    def close(self, *, outcome: str, summary: str) -> Entry | None:
        """Sign what was recorded; None where nothing was. Raises EvidenceUnavailableError."""
        with _told():
            return (
                self._recording.close(outcome=outcome, summary=summary) if self._recording else None
            )

    def _begun(self) -> Recording:
        with self._lock:
            if self._recording is None:
                self._recording = self._evidence.begin(
                    kind=self._kind,
                    subjects=self._subjects(),
                    summary=f"{self._kind} at {', '.join(self._revisions)}",
                    run_id=self._run,
                )
                if self._grounds.records:
                    self._recording.record_many(self._grounds.records)
            return self._recording

    def _subjects(self) -> list[Subject]:
        told = {s.digest.get("gitCommit") for s in self._grounds.subjects}
        rest = [subject(revision) for revision in self._revisions if revision not in told]
        return [*self._grounds.subjects, *rest]


def subject(revision: str) -> Subject:
    """Return what a statement is about: the commit, or the text where it names none."""
    if _COMMIT.fullmatch(revision):
        return Subject("revision", {"gitCommit": revision})
    return Subject(revision, {"sha256": hashlib.sha256(revision.encode()).hexdigest()})


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (EvidenceError, OSError) as error:
        raise EvidenceUnavailableError(
            f"evidence cannot be written: {error}",
            remedy=getattr(error, "remedy", "see that its folder can be written to, with room"),
        ) from error
