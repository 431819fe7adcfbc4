from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read, read_worktree
from controlplane.values import Position
from tests.support import documents
from tests.support.gitrepo import TestRepository


def snapshot(path: Path, files: dict[str, str]) -> Snapshot:
    TestRepository(path).commit(files)
    return read(GitRepository.open(path), "HEAD")


def lint(path: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    return [(str(p.position), p.code) for p in snapshot(path, files).problems]


def test_a_valid_repository_gives_its_resources(tmp_path: Path) -> None:
    found = snapshot(tmp_path, documents.repository())
    assert found.problems == ()
    assert list(found.of_kind("Tenant")) == ["acme"]
    assert found.get("Pack", "retrieval@1.2.0") is found.packs("retrieval")["1.2.0"]
    assert found.get("Tenant", "nobody") is None


def test_a_reference_is_located_at_its_scalar(tmp_path: Path) -> None:
    found = snapshot(tmp_path, documents.repository())
    place = found.locate("Tenant", "acme", ("spec", "placements", 0, "target"))
    assert place == Position("tenants/acme/tenant.yaml", 10, 15)


@pytest.mark.parametrize("text", ["kind: Clusterr\n", "# x\n" * 600_000], ids=["kind", "size"])
def test_what_follows_from_a_file_that_is_not_read_is_not_said(tmp_path: Path, text: str) -> None:
    """The one thing to mend would stand among all those that refer to it."""
    path = "catalog/clusters/here.yaml"
    cluster = documents.repository()[path]
    files = documents.repository() | {path: cluster.replace("kind: Cluster\n", text)}
    found = [at for at in lint(tmp_path, files) if at[1] != "lock/missing"]
    assert [at.partition(":")[0] for at, _ in found] == [path]


def test_references_that_resolve_to_nothing_are_problems_at_the_scalar(tmp_path: Path) -> None:
    files = documents.repository(tenant=documents.tenant(versions=">=2"), cluster=None)
    assert lint(tmp_path, files) == [
        ("catalog/environments/prod.yaml:6:13", "reference/missing"),
        ("tenants/acme/tenant.yaml:10:15", "reference/missing"),
        ("tenants/acme/tenant.yaml:13:16", "reference/missing"),
    ]


def test_the_working_tree_is_read_like_a_commit(tmp_path: Path) -> None:
    TestRepository(tmp_path).checkout(documents.repository())
    found = read_worktree(tmp_path)
    assert found.problems == ()
    assert found.commit is None
    assert list(found.of_kind("Tenant")) == ["acme"]


def test_the_digest_of_content_depends_on_names_below_it_and_bytes(tmp_path: Path) -> None:
    pack = "catalog/packs/retrieval/1.2.0/content/"
    one = documents.repository() | {pack + "a": "x", pack + "b": "y"}
    moved = documents.repository() | {pack + "a": "y", pack + "b": "x"}
    same = snapshot(tmp_path / "one", one), snapshot(tmp_path / "same", one)
    other = snapshot(tmp_path / "other", moved)
    assert same[0].content_digest("retrieval@1.2.0") == same[1].content_digest("retrieval@1.2.0")
    assert same[0].content_digest("retrieval@1.2.0") != other.content_digest("retrieval@1.2.0")
