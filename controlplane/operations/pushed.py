"""Which references of a push are judged, and between which ends: before Git accepts it. Pure.

Only protected branches are: those that the revision in force names. A branch that is not protected
is judged when it is to be merged; one that is may not be taken away. A new one is a step from the
branch whose policies are in force; only in an empty repository does a revision begin by itself.
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
    remedy: str = ""


def to_judge(
    moved: Iterable[Moved], protected: Sequence[str], tip: str, *, empty: bool
) -> tuple[Push, ...]:
    """Return what is to be judged of a push.

    `tip` is what the branch holds whose policies are in force, "" where it is not there; `empty`
    says that the repository has no branch at all.
    """
    names = {f"{_BRANCHES}{name}" for name in protected}
    return tuple(_push(each, tip, empty=empty) for each in moved if each.reference in names)


def _push(each: Moved, tip: str, *, empty: bool) -> Push:
    if each.new == NOTHING:
        refused = f"{each.reference} is protected: it cannot be taken away"
        remedy = "have it taken out of protectedBranches of repository.yaml first"
        return Push(each.reference, each.old, "", refused, remedy)
    if each.old != NOTHING:
        return Push(each.reference, each.old, each.new)
    if not tip and not empty:
        refused = f"{each.reference} is not there and others are: no policies are in force for it"
        remedy = "have --branch of the hook name the branch whose policies are in force"
        return Push(each.reference, "", each.new, refused, remedy)
    return Push(each.reference, tip, each.new)
