"""Keys that no signature can be verified with are found by lint, and named with their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit, InvalidRepositoryError
from controlplane.operations.linting import lint
from controlplane.operations.trust import trust_at, trust_of, trust_root_yaml
from controlplane.repo.git import Entry, GitRepository
from controlplane.repo.snapshot import Snapshot, read, read_worktree
from evidence.keys import create_key
from tests.support import documents
from tests.support.gitrepo import TestRepository


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A trust root with one key, as `cpctl keys init` prints it."""
    key = create_key(tmp_path / "keys", name="ours", purpose="decide", now=datetime.now(UTC))
    return trust_root_yaml("ours", [key], holder="ours")


def _lint(tmp_path: Path, roots: Mapping[str, str]) -> Snapshot:
    made = TestRepository(tmp_path / "repository")
    made.checkout(documents.repository(tenant=None) | dict(roots))
    return read_worktree(made.path)


def test_a_key_as_it_was_printed_is_sound(tmp_path: Path, root: str) -> None:
    snapshot = _lint(tmp_path, {"trust/ours.yaml": root})
    assert lint(snapshot) == ()
    assert [key.name for key in trust_of(snapshot).keys.values()] == ["ours"]


@pytest.mark.parametrize(
    ("harm", "place", "message"),
    [
        (("MCow", "MCox"), "trust/ours.yaml:9:18", "is no Ed25519 or P-256 public key in PEM"),
        (("algorithm: ed25519", "algorithm: ecdsa-p256"), "trust/ours.yaml:8:18", "is of ed25519"),
    ],
    ids=["no key", "another algorithm"],
)
def test_a_key_that_is_none_is_named_with_its_place(
    tmp_path: Path, root: str, harm: tuple[str, str], place: str, message: str
) -> None:
    (problem,) = lint(_lint(tmp_path, {"trust/ours.yaml": root.replace(*harm)}))
    assert str(problem.position) == place
    assert message in problem.message


def test_a_key_in_two_roots_is_named_with_both_places(tmp_path: Path, root: str) -> None:
    again = root.replace("  name: ours\n", "  name: again\n", 1)
    snapshot = _lint(tmp_path, {"trust/again.yaml": again, "trust/ours.yaml": root})
    (problem,) = lint(snapshot)
    assert str(problem.position) == "trust/ours.yaml:9:18"
    assert "the same as ours at trust/again.yaml:9:18" in problem.message
    with pytest.raises(InvalidRepositoryError, match=r"^trust/ours.yaml:9:18: "):
        trust_of(snapshot)


def test_what_cannot_be_read_of_a_committed_root_is_not_taken_for_no_trust(
    tmp_path: Path, root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = TestRepository(tmp_path / "repository")
    files = documents.repository(tenant=None)
    made.commit(files | {"trust/ours.yaml": root.replace("MCow", "MCox")})
    made.commit(files | {"trust/ours.yaml": root})
    step = ["gate", "--base", "main~1", "--head", "main", "--no-record", "--root", str(made.path)]
    assert run(step) == Exit.INVALID_REPOSITORY
    assert "error: trust/ours.yaml:9:18: key ours is no" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["trust", "tenants/trust", "keys/of/ours"])
def test_of_a_commit_only_its_trust_roots_are_read(
    tmp_path: Path, root: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TestRepository(tmp_path / "repository")
    kept = documents.document("Repository", "example", f"layout: {{trust: {place}}}")
    files = documents.repository(root=kept)
    head = made.commit(files | {f"{place}/ours.yaml": root, f"{place}/deeper/none.md": ""})
    repository = GitRepository.open(made.path)
    expected = trust_of(read(repository, head))
    entered: list[str] = []
    children = repository.children

    def watched(tree_id: str, prefix: str = "") -> Iterator[Entry]:
        entered.append(prefix)
        return children(tree_id, prefix)

    monkeypatch.setattr(repository, "children", watched)
    assert trust_at(repository, head) == expected
    assert [each.name for each in expected.keys.values()] == ["ours"]
    above = {"", *(f"{parent}/" for parent in PurePosixPath(place).parents if parent.name)}
    assert {each for each in entered if not each.startswith(f"{place}/")} == above
