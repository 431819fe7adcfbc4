"""What an emergency leaves behind: who claimed it, and until when somebody else is to look at it.

Pure. Tells people what is due, and refuses a review that could not count. Whether a change passes
is for the rules, which are told of open reviews by `to_fact`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controlplane.errors import UsageError
from controlplane.operations.freezes import moment
from controlplane.operations.people import People
from controlplane.operations.requirements import EMERGENCY
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.evidence_contract import EvidenceContract
from evidence.canonical import Json


@dataclass(frozen=True, order=True)
class Claim:
    """One approval that claims an emergency: who, by which key, as what, when (RFC 3339, UTC)."""

    time: str
    person: str
    key: str
    role: str


@dataclass(frozen=True)
class Emergency:
    """An emergency claimed of the step that is judged, by one claim at least.

    `due` is when somebody else must have reviewed it (RFC 3339, UTC), "" where no contract of the
    base asks for that.
    """

    claims: tuple[Claim, ...]
    due: str = ""
    reviewed: bool = False  # somebody else did


@dataclass(frozen=True)
class OpenReview:
    """An emergency that became part of the branch, and that nobody else looked at yet.

    `base` and `head` are the commits at its two ends, `base` "" where the branch does not hold it.
    """

    tree: str
    claimed_by: tuple[str, ...]
    due: datetime
    base: str
    head: str

    def to_fact(self) -> Json:
        """Return the review as rules see it."""
        return {
            "commit": self.head[:12],
            "tree": self.tree[:12],
            "claimedBy": list(self.claimed_by),
            "due": moment(self.due),
        }

    def to_json(self) -> Json:
        """Return the review for programs, with the commits to review it by."""
        due = str(moment(self.due)["text"])
        ends = {"base": self.base, "head": self.head, "tree": self.tree}
        return {**ends, "claimedBy": list(self.claimed_by), "due": due}


def review_within(base: Snapshot) -> int:
    """Return the shortest time, in seconds, to review an emergency in; 0 where nobody asks."""
    asked = [
        requirement.review_within.seconds
        for contract in base.of_kind("EvidenceContract").values()
        if isinstance(contract, EvidenceContract)
        for requirement in contract.spec.requirements
        if EMERGENCY in requirement.classes and requirement.review_within is not None
    ]
    return min(asked, default=0)


def due(claimed: Iterable[str], within: int) -> datetime:
    """Return when the review is due: `within` seconds after the first claim."""
    return min(map(datetime.fromisoformat, claimed)) + timedelta(seconds=within)


def refuse_own_review(people: People, keyid: str, claimants: Collection[str]) -> None:
    """Raise UsageError where a review would be by who claimed the emergency.

    A key that no trust root names is left to `approving`, which refuses it.
    """
    key = people.key(keyid)
    if key is None:
        return
    others = ", ".join(sorted(people.signers() - set(claimants)))
    remedy = (
        f"have somebody else look at it and record it: {others}"
        if others
        else "have a key of somebody else, with its `person`, added under trust/, first"
    )
    if (key.person or key.name) in claimants:
        raise UsageError(
            f"{key.person or key.name} claimed this emergency, so somebody else must review it",
            remedy=remedy,
        )
