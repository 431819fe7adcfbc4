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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controlplane.operations.authorising import Allowed, holds_until
from controlplane.operations.reading_on import Reading
from evidence.canonical import Json
from evidence.judge import Judge
from evidence.objects import StoredRecord
from evidence.store import StoredRun
from evidence.trust import TrustSet

KIND, ALLOW = "gate", "allow"
PASSES = ("apply", "heal")  # runs of the reconciler, which say what was cleared

TrustOf = Callable[[str], TrustSet | None]
"""Gives the keys in force at a tree of the branch; None for a tree that is not on it."""


@dataclass(frozen=True)
class _Allows:
    """A run that says it allowed a step; nothing of it is believed yet but that it is there."""

    run: StoredRun
    step: Allowed


@dataclass(frozen=True)
class _Clears:
    """A run that says it had cleared a commit; no more is believed yet."""

    run: StoredRun
    commit: str


class Decisions:
    """What the runs in one evidence directory allowed and cleared. For several threads.

    Entries are read once; who signed them is looked at whenever it is asked, for keys end.
    """

    def __init__(self, directory: Path) -> None:
        """Nothing is read before it is asked for."""
        self._allowing = Reading(directory, _allowed, _steps)
        self._clearing = Reading(directory, lambda run: run.statement.kind in PASSES, _commits)

    def allowed_steps(self, trust_of: TrustOf, now: datetime) -> tuple[Allowed, ...]:
        """Return every step that a decision allowed, in no particular order.

        No evidence at all allows nothing.
        """
        return tuple(
            each.step
            for each in self._allowing.found()
            if _signed(each.run, trust_of(each.step.from_tree), now)
        )

    def cleared_once(
        self, commits: Mapping[str, str], trust_of: TrustOf, now: datetime
    ) -> frozenset[str]:
        """Return those of `commits` that a signed pass of the reconciler says it had cleared.

        `commits` is commit → the tree before it on the branch: the keys in force there must have
        signed. Commits and not trees, for what was reverted and comes again is cleared again.
        """
        return frozenset(
            each.commit
            for each in self._clearing.found()
            if each.commit in commits and _signed(each.run, trust_of(commits[each.commit]), now)
        )


def _signed(run: StoredRun, trust: TrustSet | None, now: datetime) -> bool:
    """Whether a key of the trust root signed the run, for what runs of its kind need."""
    if trust is None:
        return False
    return not any(Judge({}, trust, now).statement(run.envelope, run.statement, run.part))


def _allowed(run: StoredRun) -> bool:
    return (run.statement.kind, run.statement.outcome) == (KIND, ALLOW)


def _steps(run: StoredRun, records: Sequence[StoredRecord]) -> Iterator[_Allows]:
    for record in records:
        if record.record["kind"] == "decision":
            step = _allowed_before_merge(run.payload(record), record.record["payload"])
            if step is not None:
                yield _Allows(run, step)


def _commits(run: StoredRun, records: Sequence[StoredRecord]) -> Iterator[_Clears]:
    for record in records:
        if record.record["kind"] == "clearance":
            match run.payload(record):
                case {"revision": {"gitCommit": str(commit)}}:
                    yield _Clears(run, commit)


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
