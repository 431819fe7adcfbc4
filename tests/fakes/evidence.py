"""Evidence kept in memory, which can be switched off."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evidence.errors import EvidenceError
from evidence.records import Record
from evidence.run import Entry
from evidence.statement import Subject


@dataclass
class FakeRun:
    """One run and its records."""

    kind: str
    id: str
    subjects: tuple[Subject, ...]
    summary: str
    owner: FakeEvidence
    records: list[Record] = field(default_factory=list)
    outcome: str = ""

    def record_many(self, new: Iterable[Record]) -> list[str]:
        self.owner.reach()
        todo = list(new)
        with self.owner.lock:
            self.records += todo
        return [record.digest for record in todo]

    def close(self, *, outcome: str, summary: str) -> Entry:
        self.owner.reach()
        self.outcome, self.summary = outcome, summary
        return Entry("fake", 0, "sha256:0", self.id, outcome, len(self.records))


class FakeEvidence:
    """As EvidenceWriter, in memory."""

    def __init__(self) -> None:
        self.runs: list[FakeRun] = []
        self.away = False
        self.lock = threading.Lock()

    def begin(
        self, *, kind: str, subjects: Sequence[Subject], summary: str, run_id: str | None = None
    ) -> FakeRun:
        self.reach()
        self.runs.append(FakeRun(kind, run_id or "?", tuple(subjects), summary, self))
        return self.runs[-1]

    def recover(self) -> list[Entry]:
        self.reach()
        return []

    def reach(self) -> None:
        if self.away:
            raise EvidenceError("the disk is full", remedy="make room")

    def records(self, kind: str) -> list[Record]:
        return [record for run in self.runs for record in run.records if record.kind == kind]
