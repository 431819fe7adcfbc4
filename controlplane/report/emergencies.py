"""How an emergency is shown: that one is claimed, by whom, and which reviews are still due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from controlplane.operations.emergencies import Claim, Emergency, OpenReview
from controlplane.operations.freezes import moment
from controlplane.operations.gate import GateReport


def claimed(report: GateReport) -> str:
    """Return in one sentence who claimed an emergency and what follows, "" where nobody did."""
    emergency = report.said.emergency
    if emergency is None or report.problems:
        return ""
    whose = " and ".join(_claim(claim) for claim in emergency.claims)
    if not report.allow:
        return f"claimed as an emergency by {whose}; denied all the same"
    return f"let through as an emergency, claimed by {whose}; {_afterwards(emergency)}"


def _afterwards(emergency: Emergency) -> str:
    if not emergency.due:
        return "no contract asks for a review afterwards"
    if emergency.reviewed:
        return "somebody else reviewed it since"
    return f"somebody else must review it by {emergency.due}"


def due(report: GateReport) -> list[str]:
    """Return a sentence for each review that is still to be done, the most urgent first."""
    if report.problems or report.time is None:
        return []
    now = datetime.fromisoformat(report.time["text"])
    return [sentence(each, now) for each in by_urgency(report.said.reviews)]


def by_urgency(reviews: Iterable[OpenReview]) -> Sequence[OpenReview]:
    """Return the reviews, the one that is due first before the others."""
    return sorted(reviews, key=lambda review: (review.due, review.tree))


def sentence(review: OpenReview, now: datetime) -> str:
    """Return what is to be reviewed, whose claim it was, until when, and how it is recorded."""
    by = moment(review.due)["text"]
    word = f"was to be reviewed by {by}" if review.due <= now else f"is to be reviewed by {by}"
    base = review.base[:12] or "BASE"
    return (
        f"the emergency that became {review.head[:12]}, claimed by {', '.join(review.claimed_by)}, "
        f"{word}, by somebody else: "
        f"cpctl approve --review --base {base} --head {review.head[:12]} --role ROLE"
    )


def _claim(claim: Claim) -> str:
    return f"{claim.person} (approval by {claim.key} as {claim.role}, {claim.time})"
