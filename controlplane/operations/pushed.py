"""Which references of a push are judged, and between which ends: before Git accepts it. Pure.

Only protected branches are: those that the revision in force names. A branch that is not protected
is judged when it is to be merged; one that is may not be taken away, and may be begun only with a
revision that its own policies allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controlplane.repo.quarantine import NOTHING, Moved

_BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class Push:
    """One reference of a push. `refused` says why it cannot even be judged, "" where it can."""

    reference: str
    base: str  # "" for the very first revision
    head: str
    refused: str = ""


def to_judge(moved: Iterable[Moved], protected: Sequence[str]) -> tuple[Push, ...]:
    """Return what is to be judged of a push."""
    names = {f"{_BRANCHES}{name}" for name in protected}
    return tuple(_push(each) for each in moved if each.reference in names)


def _push(each: Moved) -> Push:
    if each.new == NOTHING:
        refused = f"{each.reference} is protected: it cannot be taken away"
        return Push(each.reference, each.old, "", refused)
    return Push(each.reference, "" if each.old == NOTHING else each.old, each.new)
