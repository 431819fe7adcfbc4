"""An emergency is reviewed by somebody else than who claimed it, and listed until then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controlplane.errors import UsageError
from controlplane.operations.approvals import Approvals
from controlplane.operations.approving import approve
from controlplane.operations.emergencies import OpenReview, refuse_own_review
from controlplane.operations.people import People
from controlplane.operations.said import Statements
from controlplane.resources.trust_root import Key
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from evidence.writer import EvidenceWriter
from tests.integration.test_approving import step
from tests.support.evidence import signer

START = datetime(2026, 2, 1, tzinfo=UTC)
DAY = 86_400  # seconds
ADA, ADAS_OTHER, SAM, NOBODY = (signer("approve") for _ in range(4))
LOG = signer("log")
PERSONS = {"ada": (ADA, "ada"), "laptop": (ADAS_OTHER, "ada"), "sam": (SAM, "sam")}
PERSONS |= {"stray": (NOBODY, "")}
STEP = step("a", "b")
# The newest first; the branch went back to where the emergency began, and on again.
HISTORY = (("d" * 40, "5"), ("b" * 40, "4"), ("a" * 40, "3"), ("b" * 40, "2"), ("a" * 40, "1"))


def people() -> People:
    return People(
        tuple(
            Key.model_validate(
                {
                    "name": name,
                    "algorithm": "ecdsa-p256",
                    "publicKey": sign.public_key.pem,
                    "purpose": "approve",
                    "roles": ["security"],
                    **({"person": person} if person else {}),
                }
            )
            for name, (sign, person) in PERSONS.items()
        )
    )


TRUST = TrustSet.of(
    TrustedKey(name, "approve", sign.public_key, ("security",))
    for name, (sign, _) in PERSONS.items()
)


def say(place: Path, sign: Signer, *, after: int = 0, review: bool = False) -> None:
    """Claim the emergency, or review it, so many seconds after it began."""
    log = EvidenceWriter.open(
        place,
        sign,
        log_signer=LOG,
        origin="example.com/approve",
        clock=lambda: START + timedelta(seconds=after),
    )
    classes = () if review else ("emergency",)
    approve(STEP, "security", "", TRUST, log, classes=classes, review=review)


def book(place: Path, trust: TrustSet = TRUST) -> Approvals:
    return Approvals(Statements(place), trust, people(), START + timedelta(days=30))


def still_open(place: Path) -> tuple[OpenReview, ...]:
    return book(place).open_reviews(lambda: HISTORY, DAY)


@pytest.mark.parametrize(
    ("reviewer", "counts"), [(ADA, False), (ADAS_OTHER, False), (NOBODY, False), (SAM, True)]
)
def test_only_somebody_else_ends_it(tmp_path: Path, reviewer: Signer, counts: bool) -> None:
    say(tmp_path, ADA)
    say(tmp_path, reviewer, after=60, review=True)
    assert (not still_open(tmp_path)) == counts


@pytest.mark.parametrize(("since", "stands"), [("2026-02-15", False), ("2026-04-01", True)])
@pytest.mark.parametrize(("revoked", "owed"), [("sam", False), ("ada", True)])
def test_a_review_falls_with_its_key_and_a_claim_stays_owed(
    tmp_path: Path, revoked: str, since: str, owed: bool, stands: bool
) -> None:
    """When a statement was signed is its signer's word, of a lost key the thief's."""
    trust = TrustSet.of(
        replace(key, revoked_from=f"{since}T00:00:00Z") if key.name == revoked else key
        for key in TRUST.keys.values()
    )
    say(tmp_path, ADA)
    assert book(tmp_path, trust).open_reviews(lambda: HISTORY, DAY)
    say(tmp_path, SAM, after=60, review=True)
    reviewed = not book(tmp_path, trust).open_reviews(lambda: HISTORY, DAY)
    assert reviewed == (owed or stands)


@pytest.mark.parametrize(("after", "open_"), [(60, 1), (120, 0), (180, 0)])
def test_a_review_before_anybody_claimed_it_is_of_no_emergency(
    tmp_path: Path, after: int, open_: int
) -> None:
    say(tmp_path, SAM, after=after, review=True)
    say(tmp_path, ADA, after=120)
    assert len(still_open(tmp_path)) == open_


@pytest.mark.parametrize(
    ("reviewer", "why"),
    [
        (ADA, "ada claimed this emergency, so somebody else must review it"),
        (ADAS_OTHER, "ada claimed this emergency, so somebody else must review it"),
    ],
)
def test_who_cannot_review_is_told_who_can(tmp_path: Path, reviewer: Signer, why: str) -> None:
    say(tmp_path, ADA)
    with pytest.raises(UsageError, match=why) as refused:
        refuse_own_review(people(), reviewer.keyid, book(tmp_path).claimants(STEP))
    assert refused.value.remedy == "have somebody else look at it and record it: sam"


def test_a_key_of_nobody_yet_may_review(tmp_path: Path) -> None:
    """The base in force may name whose it is by the time that the gate counts."""
    say(tmp_path, ADA)
    refuse_own_review(people(), NOBODY.keyid, book(tmp_path).claimants(STEP))


def test_where_all_claimed_it_another_approver_is_needed(tmp_path: Path) -> None:
    say(tmp_path, ADA)
    say(tmp_path, SAM)
    with pytest.raises(UsageError) as refused:
        refuse_own_review(people(), SAM.keyid, book(tmp_path).claimants(STEP))
    assert "added under trust/" in refused.value.remedy


def test_somebody_else_is_not_refused(tmp_path: Path) -> None:
    say(tmp_path, ADA)
    refuse_own_review(people(), SAM.keyid, book(tmp_path).claimants(STEP))


def test_what_is_due_names_both_ends_and_a_day_after_the_first_claim(tmp_path: Path) -> None:
    say(tmp_path, ADA)
    say(tmp_path, ADA, after=3600)
    (review,) = still_open(tmp_path)
    assert (review.base, review.head) == ("3", "4")
    assert review.due == START + timedelta(days=1)
    assert review.to_fact() == {
        "commit": "4",
        "tree": "b" * 12,
        "claimedBy": ["ada"],
        "due": {"text": "2026-02-02T00:00:00Z", "epochSeconds": int(review.due.timestamp())},
    }


def test_before_it_is_merged_it_says_the_same_time(tmp_path: Path) -> None:
    say(tmp_path, ADA)
    say(tmp_path, ADA, after=3600)
    found = book(tmp_path).emergency(STEP, DAY)
    assert found is not None
    assert found.due == "2026-02-02T00:00:00Z"
    assert {(each.person, each.key, each.role) for each in found.claims} == {
        ("ada", "ada", "security")
    }


@pytest.mark.parametrize(("reviewer", "reviewed"), [(ADAS_OTHER, False), (SAM, True)])
def test_judged_again_later_it_knows_of_the_review(
    tmp_path: Path, reviewer: Signer, reviewed: bool
) -> None:
    say(tmp_path, ADA)
    say(tmp_path, reviewer, after=60, review=True)
    found = book(tmp_path).emergency(STEP, DAY)
    assert found is not None
    assert found.reviewed == reviewed


def test_without_a_contract_nothing_is_due_and_without_a_claim_there_is_none(
    tmp_path: Path,
) -> None:
    assert book(tmp_path).emergency(STEP, DAY) is None
    say(tmp_path, ADA)
    found = book(tmp_path).emergency(STEP, 0)
    assert found is not None
    assert found.due == ""
