"""Which steps were allowed, as signed evidence has it: decisions that count, and no others.

A decision counts when its statement is signed, for deciding, by a key that the trust root of the
revision in force names, when its records are those that were signed, and when it allowed.
Evidence that is damaged or signed by somebody else is passed over: it allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from controlplane.operations.authorising import Allowed
from evidence.errors import EvidenceError
from evidence.judge import Judge
from evidence.records import records_root
from evidence.store import StoredRun, readers, runs_of
from evidence.trust import TrustSet

KIND, ALLOW = "gate", "allow"


def allowed_steps(directory: Path, trust: TrustSet, now: datetime) -> tuple[Allowed, ...]:
    """Return every step that a decision in `directory` allowed, in no particular order.

    No evidence at all allows nothing.
    """
    if not (directory / "logs").is_dir():
        return ()
    judge = Judge({}, trust, now)
    found: list[Allowed] = []
    for place, log in readers([directory]).values():
        try:
            for run in runs_of(place, log):
                found.extend(_allowed(run, judge))
        except EvidenceError:
            continue  # what cannot be read allows nothing; `cpctl evidence verify` names it
    return tuple(found)


def _allowed(run: StoredRun, judge: Judge) -> Iterator[Allowed]:
    said = run.statement
    if said.kind != KIND or said.outcome != ALLOW:
        return
    if any(judge.statement(run.envelope, said, run.part)):
        return
    records = run.records()
    if records_root(record.data for record in records) != said.root:
        return
    for record in records:
        if record.record["kind"] != "decision":
            continue
        decision = run.payload(record)
        if decision["allow"] is True:
            yield Allowed(
                decision["from"]["tree"], decision["to"]["tree"], record.record["payload"]
            )
