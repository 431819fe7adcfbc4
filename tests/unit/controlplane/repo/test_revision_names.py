"""A short name that means several commits is none, so that no tag is judged in a branch's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.cli.gate_step import usual_base
from controlplane.repo.errors import UnknownRevisionError
from controlplane.repo.git import GitRepository
from tests.support.gitrepo import TestRepository


@pytest.fixture
def made(tmp_path: Path) -> TestRepository:
    """Two commits; `main` is the second."""
    made = TestRepository(tmp_path)
    made.commit({"a": "1"})
    made.commit({"a": "2"})
    return made


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("refs/tags/main", "main"),
        ("refs/tags/main", "main~1"),
        ("refs/tags/main", "main^{commit}"),
        ("refs/tags/origin/main", "origin/main"),
        ("refs/heads/origin/main", "origin/main"),
    ],
)
def test_a_name_of_two_commits_is_refused(made: TestRepository, name: str, asked: str) -> None:
    git = GitRepository.open(made.path)
    head = git.resolve("main")
    made.git.references.create("refs/remotes/origin/main", head.id)
    made.git.references.create(name, head.parents[0])
    with pytest.raises(UnknownRevisionError, match=name) as found:
        git.resolve(asked)
    assert "in full" in found.value.remedy
    assert git.resolve("refs/heads/main").id == head.id
    assert usual_base(git, ["main"]) == head.id


def test_a_tag_does_not_hide_the_branch_of_a_remote(made: TestRepository) -> None:
    """Which is all there is where CI checked out a commit."""
    git = GitRepository.open(made.path)
    head = git.resolve("main")
    made.git.remotes.create("origin", "https://git.example.com/x.git")
    made.git.references.create("refs/remotes/origin/main", head.id)
    made.git.references.create("refs/tags/main", head.parents[0])
    made.git.set_head(made.git[head.parents[0]].id)
    made.git.references.delete("refs/heads/main")
    with pytest.raises(UnknownRevisionError, match="refs/remotes/origin/main"):
        git.resolve("main")


def test_a_tag_is_not_taken_for_the_start_of_an_id(made: TestRepository) -> None:
    git = GitRepository.open(made.path)
    head = git.resolve("main")
    short = head.id[:8]
    assert git.resolve(short).id == head.id
    made.git.references.create(f"refs/tags/{short}", head.parents[0])
    with pytest.raises(UnknownRevisionError, match="can mean"):
        git.resolve(short)
    assert git.resolve(head.id).id == head.id


def test_several_names_of_one_commit_are_one_meaning(made: TestRepository) -> None:
    git = GitRepository.open(made.path)
    head = git.resolve("main")
    made.git.references.create("refs/tags/main", head.id)
    assert git.resolve("main").id == head.id
