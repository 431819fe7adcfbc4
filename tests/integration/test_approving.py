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
from controlplane.operations.approving import approve
from controlplane.operations.people import People
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
    found = Approvals(directory, trust, People(), NOW).of(about)
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


def test_no_evidence_is_no_approval(tmp_path: Path) -> None:
    assert roles(tmp_path, step("a", "b")) == []
