"""A branch that moves is heard of; what else Git writes is not."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from watchdog.events import FileMovedEvent, FileOpenedEvent, FileSystemEvent

from controlplane.repo.refs import WatchError, _Handler, watching
from tests.support.gitrepo import TestRepository

PATIENCE = 20


def test_a_commit_and_packed_references_are_heard_of(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path / "r")
    repository.commit({"a": "1"})
    moved = threading.Event()
    with watching(tmp_path / "r" / ".git", moved.set):
        repository.commit({"a": "2"})
        assert moved.wait(PATIENCE)
        moved.clear()
        (tmp_path / "r" / ".git" / "packed-refs").write_text("")
        assert moved.wait(PATIENCE)


def test_a_linked_work_tree_has_the_references_of_its_repository(tmp_path: Path) -> None:
    repository = TestRepository(tmp_path / "r")
    repository.commit({"a": "1"})
    linked = tmp_path / "r" / ".git" / "worktrees" / "w"
    linked.mkdir(parents=True)
    (linked / "commondir").write_text("../..\n")
    moved = threading.Event()
    with watching(linked, moved.set):
        repository.commit({"a": "2"})
        assert moved.wait(PATIENCE)


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (FileMovedEvent("/r/refs/heads/main.lock", "/r/refs/heads/main"), True),
        (FileSystemEvent("/r/packed-refs"), True),
        (FileSystemEvent("/r/refs/heads/main.lock"), False),
        (FileSystemEvent("/r/index"), False),
        (FileOpenedEvent("/r/refs/heads/main"), False),
    ],
)
def test_what_is_heard(event: FileSystemEvent, heard: bool) -> None:
    calls: list[int] = []
    _Handler(lambda: calls.append(1)).on_any_event(event)
    assert bool(calls) is heard


def test_a_place_that_cannot_be_watched_is_said(tmp_path: Path) -> None:
    with pytest.raises(WatchError), watching(tmp_path / "nowhere", lambda: None):
        pass
