"""Approvals: who agreed to a step, in which role, as signed evidence has it.

An approval is about one step, from one tree to another: an added commit makes it worthless, a
rebase that leaves both trees as they were does not. It counts when it is signed, for approving, by
a key that the trust root of the base names with that role. A change cannot bring its own approver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from controlplane.errors import UsageError
from controlplane.operations.decided import recorded
from controlplane.operations.gate import Step
from controlplane.operations.recording import state_json, subjects_of
from evidence.canonical import Json
from evidence.judge import Judge
from evidence.records import Record
from evidence.run import Entry
from evidence.store import StoredRun
from evidence.trust import TrustSet
from evidence.writer import EvidenceWriter

KIND = "approval"
APPROVAL_VERSION = "controlplane.dev/approval/v1"


def approve(step: Step, role: str, comment: str, trust: TrustSet, writer: EvidenceWriter) -> Entry:
    """Record that whoever holds the writer's key agrees to the step in `role`.

    Raises UsageError where the trust root of the base does not give the key that role.
    """
    key = trust.keys.get(writer.signer.keyid)
    if key is None or key.purpose != "approve" or role not in key.roles:
        raise UsageError(
            f"the trust root of {step.base.revision} does not let key {writer.signer.name} approve "
            f"as {role}",
            remedy="have the key added under trust/ with purpose approve and this role, first",
        )
    name = step.head.commit.id[:12] if step.head.commit else step.head.revision
    summary = f"approved {name} as {role}"
    payload = {
        "apiVersion": APPROVAL_VERSION,
        "from": state_json(step.base),
        "to": state_json(step.head),
        "role": role,
        "comment": comment,
    }
    run = writer.begin(kind=KIND, subjects=subjects_of(step), summary=summary)
    with run:
        run.record(Record(KIND, summary, payload))
        return run.close(outcome="approved", summary=summary)


def approvals(directory: Path, step: Step, trust: TrustSet, now: datetime) -> tuple[Json, ...]:
    """Return the approvals of this very step that count, by key and role, once each."""
    found = {
        (entry["key"], entry["role"]): entry
        for entry in _counting(directory, step, Judge({}, trust, now))
    }
    return tuple(found[name] for name in sorted(found))


def _counting(directory: Path, step: Step, judge: Judge) -> Iterator[Json]:
    for run, given, _ in recorded(directory, KIND, KIND):
        match given:
            case {"from": {"tree": before}, "to": {"tree": after}, "role": str(role)} if (
                before,
                after,
            ) == (step.base.tree_id, step.head.tree_id):
                yield from _entry(run, role, judge)


def _entry(run: StoredRun, role: str, judge: Judge) -> Iterator[Json]:
    key = judge.key(run.envelope.keyid)
    if key is None or role not in key.roles:
        return
    if any(judge.statement(run.envelope, run.statement, run.part)):
        return
    yield {
        "key": key.public_key.keyid,
        "name": key.name,
        "role": role,
        "time": run.statement.finished,
    }
