"""What people said of steps, as an evidence directory has it: read once, then only what is new.

Decides what has the form of a statement about a step; whether it counts is `approvals`' to say. A
log only grows, under a checkpoint whose root covers what came before. Where that root is another
or the log is shorter, it was replaced, and is read anew.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.operations.approving import AUTHOR_KIND, IMPORT_KIND, KIND, OWN_KEY
from evidence.canonical import Json
from evidence.errors import EvidenceError
from evidence.log import LogReader
from evidence.note import Checkpoint
from evidence.records import records_root
from evidence.shape import TIME
from evidence.store import StoredRun, readers, runs_of

Kinds = tuple[str, str]
"""Kind of a run, and of a record in it."""

_TEXTS: Mapping[Kinds, Sequence[str]] = {
    (KIND, KIND): ("role",),
    (IMPORT_KIND, KIND): ("source", "issuer", "subject", "state", "time"),
    (IMPORT_KIND, AUTHOR_KIND): ("source", "issuer", "subject"),
}
_RUNS = frozenset(run for run, _ in _TEXTS)


@dataclass(frozen=True)
class Said:
    """A record about one step, and the run that signed it. Nothing of it is believed yet."""

    run: StoredRun
    payload: Json
    trees: tuple[str, str]


@dataclass
class _Seen:
    """How far a log was read: under which checkpoint, and up to which entry."""

    checkpoint: Checkpoint
    read: int = 0
    whole: bool = True  # the records of every run were those that were signed
    found: list[tuple[Kinds, Said]] = field(default_factory=list)


class Statements:
    """The statements in one evidence directory. Callable from several threads."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read before it is asked for."""
        self._directory = directory
        self._seen: dict[str, _Seen] = {}
        self._lock = threading.Lock()

    def by_kind(self) -> Mapping[Kinds, Sequence[Said]]:
        """Return every statement there is by now, in the order of the logs.

        What cannot be read is passed over: it proves nothing, and `cpctl evidence verify` names it.
        Raises MalformedError where the directory itself is not one of evidence.
        """
        with self._lock:
            seen = {}
            if (self._directory / "logs").is_dir():
                for origin, (_, log) in readers([self._directory]).items():
                    if (now := self._read(log, self._seen.get(origin))) is not None:
                        seen[origin] = now
            self._seen = seen
            found: dict[Kinds, list[Said]] = defaultdict(list)
            for each in seen.values():
                for kinds, said in each.found:
                    found[kinds].append(said)
            return found

    def _read(self, log: LogReader, before: _Seen | None) -> _Seen | None:
        """Return what a log holds, reading on from where it was read before if it goes on there."""
        try:
            signed = log.checkpoint()
            if signed is None:
                return None
            current = signed.checkpoint
            if before is None or not before.whole or not _goes_on(log, before.checkpoint, current):
                before = _Seen(current)
            before.checkpoint = current
            for run in runs_of(self._directory, log, before.read, current.size):
                if run.statement.kind in _RUNS:
                    self._take(run, before)
                before.read = run.index + 1
        except EvidenceError:
            pass  # what comes after it is asked for again next time
        return before

    @staticmethod
    def _take(run: StoredRun, into: _Seen) -> None:
        records = run.records()
        if records_root(record.data for record in records) != run.statement.root:
            into.whole = False
            return
        kind = run.statement.kind
        wanted = [each for each in records if (kind, each.record["kind"]) in _TEXTS]
        into.found += list(_said(run, ((e.record["kind"], run.payload(e)) for e in wanted)))


def _goes_on(log: LogReader, before: Checkpoint, now: Checkpoint) -> bool:
    """Whether `now` is of the log that `before` was of, by the hashes it is made of."""
    if now.size < before.size:
        return False
    same = now.root if now.size == before.size else log.subtrees(before.size)(0, before.size)
    return same == before.root


def _said(run: StoredRun, given: Iterator[tuple[str, Json]]) -> Iterator[tuple[Kinds, Said]]:
    """Yield what has the form of a statement about a step."""
    for kind, payload in given:
        match payload:
            case {"from": {"tree": str(before)}, "to": {"tree": str(after)}}:
                kinds = (run.statement.kind, kind)
                if _formed(kinds, payload):
                    yield kinds, Said(run, payload, (before, after))


def _formed(kinds: Kinds, payload: Json) -> bool:
    texts = _TEXTS[kinds]
    whole = all(isinstance(payload.get(name), str) for name in texts)
    timed = "time" not in texts or (whole and TIME.fullmatch(payload["time"]) is not None)
    posing = kinds[0] == IMPORT_KIND and payload.get("source") == OWN_KEY
    return whole and timed and not posing and isinstance(payload.get("classes", []), list)
