"""What an evidence directory holds of some runs: read once, then only what is new.

Decides what need not be read again; whether any of it counts is for who asks. A log only grows,
under a checkpoint whose root covers what came before. Where that root is another or the log is
shorter, it was replaced, and is read anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from evidence.errors import EvidenceError
from evidence.log import LogReader
from evidence.note import Checkpoint
from evidence.objects import StoredRecord
from evidence.records import records_root
from evidence.store import StoredRun, readers, runs_of

T = TypeVar("T")


@dataclass
class _Seen(Generic[T]):
    """How far a log was read: under which checkpoint, and up to which entry."""

    checkpoint: Checkpoint
    read: int = 0
    whole: bool = True  # the records of every run were those that were signed
    found: list[T] = field(default_factory=list)


class Reading(Generic[T]):
    """What `take` finds in the runs that are `wanted`. Callable from several threads.

    Both are told runs of which nobody's signature was looked at. `take` is given the records that
    the run's statement commits to, and may raise EvidenceError.
    """

    def __init__(
        self,
        directory: Path,
        wanted: Callable[[StoredRun], bool],
        take: Callable[[StoredRun, Sequence[StoredRecord]], Iterable[T]],
    ) -> None:
        """Nothing is read before it is asked for."""
        self._directory = directory
        self._wanted, self._take = wanted, take
        self._seen: dict[str, _Seen[T]] = {}
        self._lock = threading.Lock()

    def found(self) -> Sequence[T]:
        """Return all there is by now, in the order of the logs; nothing where there are none.

        What cannot be read is passed over: it proves nothing, and `cpctl evidence verify` names it.
        Raises MalformedError where the directory itself is not one of evidence.
        """
        with self._lock:
            seen = {}
            if (self._directory / "logs").is_dir():
                for origin, (place, log) in readers([self._directory]).items():
                    if (now := self._read(place, log, self._seen.get(origin))) is not None:
                        seen[origin] = now
            self._seen = seen
            return [each for log in seen.values() for each in log.found]

    def _read(self, place: Path, log: LogReader, before: _Seen[T] | None) -> _Seen[T] | None:
        """Return what a log holds, reading on from where it was read before if it goes on there."""
        try:
            signed = log.checkpoint()
            if signed is None:
                return None
            current = signed.checkpoint
            if before is None or not before.whole or not _goes_on(log, before.checkpoint, current):
                before = _Seen(current)
            before.checkpoint = current
            for run in runs_of(place, log, before.read, current.size):
                if self._wanted(run):
                    self._add(run, before)
                before.read = run.index + 1
        except EvidenceError:
            pass  # what comes after it is asked for again next time
        return before

    def _add(self, run: StoredRun, into: _Seen[T]) -> None:
        records = run.records()
        if records_root(record.data for record in records) != run.statement.root:
            into.whole = False
        else:
            into.found += list(self._take(run, records))


def _goes_on(log: LogReader, before: Checkpoint, now: Checkpoint) -> bool:
    """Whether `now` is of the log that `before` was of, by the hashes it is made of."""
    if now.size < before.size:
        return False
    same = now.root if now.size == before.size else log.subtrees(before.size)(0, before.size)
    return same == before.root
