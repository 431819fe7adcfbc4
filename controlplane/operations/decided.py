"""Which steps were allowed, as signed evidence has it: decisions that count, and no others.

A decision counts when its statement is signed, for deciding, by a key that the trust root in force
names, when its records are those that were signed, and when it allowed before the merge. A step
that was judged only when it was to be applied is judged again: whether that suffices is for
`repository.yaml` to say each time. In force is the trust root of the revision that the step starts
from: a change cannot bring its own judge. Evidence that is damaged or signed by somebody else is
passed over: it allows nothing.

What was cleared once is known in the same way: from passes signed by a key for applying.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controlplane.operations.authorising import Allowed, holds_until
from evidence.canonical import Json
from evidence.errors import EvidenceError
from evidence.judge import Judge
from evidence.records import records_root
from evidence.store import StoredRun, readers, runs_of
from evidence.trust import TrustSet

KIND, ALLOW = "gate", "allow"
PASSES = ("apply", "heal")  # runs of the reconciler, which say what was cleared

TrustOf = Callable[[str], TrustSet | None]
"""Gives the keys in force at a tree of the branch; None for a tree that is not on it."""


@dataclass(frozen=True)
class _Claim:
    """A run that says it allowed a step; nothing of it is believed yet but that it is there."""

    run: StoredRun
    step: Allowed


def allowed_steps(directory: Path, trust_of: TrustOf, now: datetime) -> tuple[Allowed, ...]:
    """Return every step that a decision in `directory` allowed, in no particular order.

    No evidence at all allows nothing.
    """
    counts = (claim.step for claim in _claims(directory) if _counts(claim, trust_of, now))
    return tuple(counts)


def _counts(claim: _Claim, trust_of: TrustOf, now: datetime) -> bool:
    return _signed(claim.run, trust_of(claim.step.from_tree), now)


def _signed(run: StoredRun, trust: TrustSet | None, now: datetime) -> bool:
    """Whether a key of the trust root signed the run, for what runs of its kind need."""
    if trust is None:
        return False
    return not any(Judge({}, trust, now).statement(run.envelope, run.statement, run.part))


def _claims(directory: Path) -> Iterator[_Claim]:
    for run, decision, name in recorded(directory, KIND, "decision"):
        step = _allowed_before_merge(decision, name) if run.statement.outcome == ALLOW else None
        if step is not None:
            yield _Claim(run, step)


def cleared_once(
    directory: Path, commits: Mapping[str, str], trust_of: TrustOf, now: datetime
) -> frozenset[str]:
    """Return those of `commits` that a signed pass of the reconciler says it had cleared.

    `commits` is commit → the tree before it on the branch: the keys in force there must have
    signed. Commits and not trees, for what was reverted and comes again is cleared again.
    """
    found: set[str] = set()
    for kind in PASSES:
        for run, clearance, _ in recorded(directory, kind, "clearance"):
            match clearance:
                case {"revision": {"gitCommit": str(commit)}} if commit in commits:
                    if _signed(run, trust_of(commits[commit]), now):
                        found.add(commit)
    return frozenset(found)


def recorded(directory: Path, run_kind: str, kind: str) -> Iterator[tuple[StoredRun, Json, str]]:
    """Yield the records of one kind in runs of one kind: run, payload, digest of the payload."""
    return (
        (run, given, name) for run, _, given, name in recorded_any(directory, {run_kind: {kind}})
    )


def recorded_any(
    directory: Path, kinds: Mapping[str, Collection[str]]
) -> Iterator[tuple[StoredRun, str, Json, str]]:
    """Yield records by the kinds of their runs: run, kind, payload, digest of the payload.

    Only of runs whose records are those that were signed; by whom is not looked at. What cannot
    be read is passed over: it proves nothing, and `cpctl evidence verify` names it.
    """
    if not (directory / "logs").is_dir():
        return
    for place, log in readers([directory]).values():
        try:
            for run in runs_of(place, log):
                if wanted := kinds.get(run.statement.kind):
                    yield from _of_kind(run, wanted)
        except EvidenceError:
            continue


def _of_kind(run: StoredRun, kinds: Collection[str]) -> Iterator[tuple[StoredRun, str, Json, str]]:
    records = run.records()
    if records_root(record.data for record in records) == run.statement.root:
        for record in records:
            kind = record.record["kind"]
            if kind in kinds:
                yield run, kind, run.payload(record), record.record["payload"]


def _allowed_before_merge(decision: Json, name: str) -> Allowed | None:
    """Return the step of a decision; None for any other decision and for what is none.

    Nobody's signature was looked at yet, so that nothing is known of the form.
    """
    match decision:
        case {
            "allow": True,
            "gatedBeforeMerge": True,
            "from": {"tree": str(before)},
            "to": {"tree": str(after)},
            "verdict": {"validUntil": str(until)},
            "time": str(decided),
        }:
            with contextlib.suppress(ValueError):  # of an end that is no time nobody knows
                return Allowed(before, after, name, holds_until(until, decided))
    return None
