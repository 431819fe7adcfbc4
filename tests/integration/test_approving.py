"""An approval holds for one step, from one key, in one role, and for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controlplane.errors import UsageError
from controlplane.operations.approvals import Approvals
from controlplane.operations.approving import (
    IMPORT_KIND,
    KIND,
    approve,
    import_reviews,
    refuse_other_branch,
    refuse_other_repository,
)
from controlplane.operations.people import People
from controlplane.operations.said import Statements
from controlplane.reviews.model import Review, Reviews
from evidence.records import Record
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from tests.support.evidence import signer, writer

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ADA, MALLORY, LOG = signer("approve"), signer("approve"), signer("log")


def trust_in(*keys: TrustedKey) -> TrustSet:
    return TrustSet.of(keys)


def key(sign: Signer, *roles: str, **more: str) -> TrustedKey:
    return TrustedKey("ada", "approve", sign.public_key, roles, **more)


TRUST = trust_in(key(ADA, "security", "finance"))


@dataclass
class State:
    """Stands for a snapshot: what names it is all that counts here."""

    tree_id: str
    revision: str = "main"

    @property
    def commit(self) -> Any:
        return SimpleNamespace(id=self.tree_id, tree_id=self.tree_id)


def step(before: str, after: str) -> Any:
    return SimpleNamespace(base=State(before * 40), head=State(after * 40))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "evidence"
    approve(step("a", "b"), "security", "looked", TRUST, writer(place, sign=ADA, log=LOG))
    return place


def roles(directory: Path, about: Any, trust: TrustSet = TRUST) -> list[str]:
    found = Approvals(Statements(directory), trust, People(), NOW).of(about)
    return [approval.role for approval in found if not approval.objection]


def test_it_counts_for_its_step(directory: Path) -> None:
    assert roles(directory, step("a", "b")) == ["security"]


@pytest.mark.parametrize(("before", "after"), [("a", "c"), ("c", "b"), ("b", "a")])
def test_it_counts_for_no_other_step(directory: Path, before: str, after: str) -> None:
    assert roles(directory, step(before, after)) == []


@pytest.mark.parametrize(
    "trust",
    [
        TrustSet({}),
        trust_in(key(MALLORY, "security")),
        trust_in(key(ADA, "finance")),
        trust_in(TrustedKey("ada", "decide", ADA.public_key, ("security",))),
        trust_in(key(ADA, "security", revoked_from="2020-01-01T00:00:00Z")),
        trust_in(key(ADA, "security", valid_until="2020-01-01T00:00:00Z")),
    ],
)
def test_it_counts_only_by_a_key_in_force_with_that_role(directory: Path, trust: TrustSet) -> None:
    assert roles(directory, step("a", "b"), trust) == []


def test_the_same_key_counts_once_in_a_role(directory: Path) -> None:
    again = writer(directory, sign=ADA, log=LOG)
    approve(step("a", "b"), "security", "again", TRUST, again)
    approve(step("a", "b"), "finance", "and the money", TRUST, again)
    assert roles(directory, step("a", "b")) == ["finance", "security"]


def test_nobody_approves_in_a_role_that_is_not_theirs(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    with pytest.raises(UsageError, match="does not let key"):
        approve(step("a", "b"), "owner", "", TRUST, writer(ours, sign=ADA, log=LOG))
    with pytest.raises(UsageError, match="does not let key"):
        approve(step("a", "b"), "security", "", TRUST, writer(theirs, sign=MALLORY, log=LOG))
    assert roles(ours, step("a", "b")) == []


@pytest.mark.parametrize(
    ("since", "counting"), [("2026-01-31T18:00:00Z", []), ("2026-02-02T00:00:00Z", ["security"])]
)
def test_who_holds_a_revoked_key_cannot_sign_in_the_past(
    directory: Path, since: str, counting: list[str]
) -> None:
    """The approval of the fixture says an earlier time than either."""
    (given,) = Approvals(Statements(directory), TRUST, People(), NOW).of(step("a", "b"))
    assert given.time < since
    revoked = trust_in(key(ADA, "security", revoked_from=since))
    assert roles(directory, step("a", "b"), revoked) == counting


@pytest.mark.parametrize(("source", "seen"), [("key", 0), ("github", 1)])
def test_an_importer_cannot_say_that_somebody_signed(
    tmp_path: Path, source: str, seen: int
) -> None:
    about, ours = step("a", "b"), signer("import")
    trust = trust_in(TrustedKey("importer", "import", ours.public_key))
    log = writer(tmp_path, sign=ours, log=LOG)
    said = {"source": source, "issuer": "https://github.com", "subject": "sam"}
    said |= {"state": "approved", "time": "2026-01-31T00:00:00Z"}
    trees = {"from": {"tree": about.base.tree_id}, "to": {"tree": about.head.tree_id}}
    with log.begin(kind=IMPORT_KIND, subjects=(), summary="said") as run:
        run.record(Record(KIND, "said", {**trees, **said}))
        run.close(outcome="imported", summary="said")
    assert len(Approvals(Statements(tmp_path), trust, People(), NOW).of(about)) == seen


def test_no_server_is_called_as_an_approvers_own_signature_is(tmp_path: Path) -> None:
    ours = signer("import")
    trust = trust_in(TrustedKey("importer", "import", ours.public_key))
    said = Reviews("key", "https://github.com", "", "ada", ())
    log = writer(tmp_path, sign=ours, log=LOG)
    with pytest.raises(UsageError, match="no server is called key"):
        import_reviews(step("a", "b"), said, People(), trust, log)


def test_no_evidence_is_no_approval(tmp_path: Path) -> None:
    assert roles(tmp_path, step("a", "b")) == []


APPROVED = (Review("sam", "approved", "b" * 40, "2026-01-31T12:00:00Z"),)
VOID = (Review("sam", "dismissed", "b" * 40, "2026-01-31T12:00:00Z"),)


@pytest.mark.parametrize(
    ("reviews", "base", "target", "into", "refused"),
    [
        (APPROVED, "", "main", "main", False),
        (APPROVED, "a" * 40, "", "", False),  # the commit is compared when it is imported
        (VOID, "", "topic", "main", False),
        (APPROVED, "", "topic", "main", True),
        (APPROVED, "", "main", "", True),
        (APPROVED, "", "", "", True),
        (APPROVED, "", "", "main", True),
    ],
)
def test_an_approval_of_a_merge_into_another_branch_is_refused(
    reviews: tuple[Review, ...], base: str, target: str, into: str, *, refused: bool
) -> None:
    """Against another branch another difference was approved, under the same head."""
    said = Reviews("gitlab", "https://gitlab.com", "", "", reviews, base=base, target=target)
    if refused:
        with pytest.raises(UsageError, match="branch") as found:
            refuse_other_branch(said, into)
        assert found.value.remedy
    else:
        refuse_other_branch(said, into)


@pytest.mark.parametrize(
    ("said", "wanted", "refused"),
    [
        ("meridian/platform", "", False),
        ("Meridian/Platform", "meridian/platform", False),
        ("mallory/platform", "meridian/platform", True),
        ("", "meridian/platform", True),
    ],
)
def test_what_was_said_in_another_repository_is_refused(
    said: str, wanted: str, *, refused: bool
) -> None:
    reviews = Reviews("gitlab", "https://gitlab.com", "", "", APPROVED, repository=said)
    if refused:
        with pytest.raises(UsageError, match="meridian/platform is wanted"):
            refuse_other_repository(reviews, wanted)
    else:
        refuse_other_repository(reviews, wanted)
