"""Evidence travels through Git references: whole, verified, and from nobody else's hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pygit2.enums
import pytest

from controlplane.errors import UsageError
from controlplane.operations.exchange import collect, publish
from controlplane.repo.git import GitRepository
from evidence.audit import verify_directory
from evidence.records import Record
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from tests.support.evidence import about, signer, writer

NOW = datetime(2026, 2, 1, tzinfo=UTC)
DECIDE, LOG = signer("decide"), signer("log")


def trust_in(*signers: Signer) -> TrustSet:
    return TrustSet.of(TrustedKey(s.name, s.purpose, s.public_key) for s in signers)


TRUST = trust_in(DECIDE, LOG)


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    pygit2.init_repository(str(tmp_path / "repository"), bare=True)
    return GitRepository.open(tmp_path / "repository")


def decided(directory: Path, summary: str, *, sign: Signer = DECIDE, log: Signer = LOG) -> None:
    with writer(directory, sign=sign, log=log, origin="example.com/ci").begin(
        kind="gate", subjects=about(), summary=summary
    ) as run:
        run.record(Record("decision", summary, {"allow": True}))
        run.close(outcome="allow", summary=summary)


def test_what_one_machine_publishes_another_collects(
    tmp_path: Path, repository: GitRepository
) -> None:
    decided(tmp_path / "ci", "first")
    first = publish(repository, tmp_path / "ci", "ci-1", NOW)
    assert [c.new for c in collect(repository, tmp_path / "here", TRUST, NOW)] == [1]
    assert verify_directory(tmp_path / "here", TRUST, NOW).verified
    decided(tmp_path / "ci", "second")
    assert publish(repository, tmp_path / "ci", "ci-1", NOW).commit != first.commit
    assert [c.new for c in collect(repository, tmp_path / "here", TRUST, NOW)] == [1]
    assert verify_directory(tmp_path / "here", TRUST, NOW).verified


def test_nothing_new_is_not_published_or_read_again(
    tmp_path: Path, repository: GitRepository
) -> None:
    decided(tmp_path / "ci", "first")
    first = publish(repository, tmp_path / "ci", "ci-1", NOW)
    assert publish(repository, tmp_path / "ci", "ci-1", NOW) == first
    assert collect(repository, tmp_path / "here", TRUST, NOW)
    assert collect(repository, tmp_path / "here", TRUST, NOW) == ()


def test_a_strangers_log_is_not_taken_over_and_stops_no_other(
    tmp_path: Path, repository: GitRepository
) -> None:
    decided(tmp_path / "ci", "ours")
    decided(tmp_path / "other", "theirs", sign=signer("decide"), log=signer("log"))
    publish(repository, tmp_path / "ci", "ci-1", NOW)
    publish(repository, tmp_path / "other", "aaa-stranger", NOW)
    found = collect(repository, tmp_path / "here", TRUST, NOW)
    assert [(c.reference, c.new, bool(c.problem)) for c in found] == [
        ("refs/evidence/aaa-stranger", 0, True),
        ("refs/evidence/ci-1", 1, False),
    ]
    assert verify_directory(tmp_path / "here", TRUST, NOW).verified


def test_a_stranger_cannot_grow_our_log(tmp_path: Path, repository: GitRepository) -> None:
    decided(tmp_path / "ci", "ours")
    publish(repository, tmp_path / "ci", "ci-1", NOW)
    collect(repository, tmp_path / "here", TRUST, NOW)
    decided(tmp_path / "ci", "forged", sign=signer("decide"))
    publish(repository, tmp_path / "ci", "ci-1", NOW)
    (found,) = collect(repository, tmp_path / "here", TRUST, NOW)
    assert found.problem
    decided(tmp_path / "here", "ours again")
    assert verify_directory(tmp_path / "here", TRUST, NOW).verified


def test_a_log_that_was_written_in_two_places_names_how_to_tell_them_apart(
    tmp_path: Path, repository: GitRepository
) -> None:
    decided(tmp_path / "one", "first here")
    decided(tmp_path / "two", "first there")
    publish(repository, tmp_path / "one", "one", NOW)
    publish(repository, tmp_path / "two", "two", NOW)
    first, second = collect(repository, tmp_path / "here", TRUST, NOW)
    assert (first.new, first.problem, first.remedy) == (1, "", "")
    assert "shows other entries there than here" in second.problem
    assert "CPCTL_ORIGIN" in second.remedy


@pytest.mark.parametrize("name", [b"..", b".hidden", b"b c", b"-rf"])
def test_a_reference_that_holds_something_else_is_refused(
    tmp_path: Path, repository: GitRepository, name: bytes
) -> None:
    git = pygit2.Repository(str(tmp_path / "repository"))
    blob = git.create_blob(b"x")
    entry = b"100644 " + name + b"\0" + blob.raw
    tree = git.write(pygit2.enums.ObjectType.TREE, entry)
    who = pygit2.Signature("x", "x@x", 1, 0)
    git.create_commit("refs/evidence/odd", who, who, "x", tree, [])
    (found,) = collect(repository, tmp_path / "here", TRUST, NOW)
    assert found.problem
    assert "delete the reference" in found.remedy
    assert not (tmp_path / "here" / "logs").exists()


@pytest.mark.parametrize("name", ["", "../x", "A", "x/y", "x" * 64])
def test_a_writer_has_a_plain_name(tmp_path: Path, repository: GitRepository, name: str) -> None:
    decided(tmp_path / "ci", "first")
    with pytest.raises(UsageError):
        publish(repository, tmp_path / "ci", name, NOW)


def test_there_must_be_something_to_publish(tmp_path: Path, repository: GitRepository) -> None:
    with pytest.raises(UsageError):
        publish(repository, tmp_path / "nothing", "ci-1", NOW)
