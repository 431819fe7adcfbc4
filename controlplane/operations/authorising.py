"""Decides whether what a branch holds was allowed before it merged.

A decision allows one step, from one tree to another; trees and not commits, so that merge, squash
and rebase merges of the same content are covered alike. What is applied was allowed when a chain of
such steps leads from what was applied last to what is to be applied now.

A decision that went by the time says until when it holds. When a change took effect on the branch
nobody proves, so what counts is when it is cleared for the first time: by then the decision must
still have held. What was cleared once stays so. Where a rule goes by the time and does not say how
long its answer holds, nobody knows; a day is given, so that the rule itself can be mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

UNSAID: Final = timedelta(days=1)  # how long an answer counts that was given for its moment only


@dataclass(frozen=True)
class Allowed:
    """One signed decision that allowed the step from one tree to another."""

    from_tree: str
    to_tree: str
    decision: str  # digest of the record, for the receipt
    until: datetime | None = None  # when it stopped to hold; None for one that goes on

    def holds(self, now: datetime) -> bool:
        """Whether it may clear its step for the first time at `now`."""
        return self.until is None or now < self.until


def holds_until(valid_until: str, decided: str) -> datetime | None:
    """Return until when a verdict counts, None for ever; ValueError where the texts are no times.

    `valid_until` is the verdict's, `decided` the moment that the rules were told.
    """
    if not valid_until:
        return None
    ends = _moment(valid_until)
    began = _moment(decided)
    return began + UNSAID if ends <= began else ends


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment


def chain(start: str, history: Sequence[str], allowed: Iterable[Allowed]) -> tuple[str, ...] | None:
    """Return the decisions that lead from tree `start` along `history`, or None.

    `history` holds the trees of the branch's first-parent commits after `start`, oldest first; a
    step may skip commits (one decision over several) but never leaves the branch or goes back.
    Nothing to do (no history) is allowed by no decision: an empty chain.
    """
    path = (start, *history)
    steps: dict[str, list[Allowed]] = {}
    for step in sorted(allowed, key=lambda step: step.decision):
        steps.setdefault(step.from_tree, []).append(step)
    reached: dict[int, tuple[str, ...]] = {0: ()}
    for place, tree in enumerate(path):
        if place not in reached:
            continue
        for step in steps.get(tree, ()):
            for later in range(place + 1, len(path)):
                if path[later] == step.to_tree:
                    reached.setdefault(later, (*reached[place], step.decision))
    return reached.get(len(history))


def chain_in_time(
    start: str, history: Sequence[str], allowed: Sequence[Allowed], now: datetime, cleared: int
) -> tuple[str, ...] | None:
    """Return the decisions that lead along `history` and hold at `now`, or None.

    The first `cleared` of `history` were cleared once: decisions up to there may be over.
    """
    holding = [step for step in allowed if step.holds(now)]
    whole = chain(start, history, holding)
    if whole is not None or not cleared:
        return whole
    done = chain(start, history[:cleared], allowed)
    rest = chain(history[cleared - 1], history[cleared:], holding)
    return None if done is None or rest is None else (*done, *rest)
