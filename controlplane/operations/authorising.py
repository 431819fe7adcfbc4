"""Decides whether what a branch holds was allowed before it merged.

A decision allows one step, from one tree to another; trees and not commits, so that merge, squash
and rebase merges of the same content are covered alike. What is applied was allowed when a chain of
such steps leads from what was applied last to what is to be applied now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """One signed decision that allowed the step from one tree to another."""

    from_tree: str
    to_tree: str
    decision: str  # digest of the record, for the receipt


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
