"""Which references of a push are judged, and what Git says about a push."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.errors import UsageError
from controlplane.operations.pushed import to_judge
from controlplane.repo.quarantine import NOTHING, Moved, folder, moved

OLD, NEW = "a" * 40, "b" * 40


def test_protected_branches_are_judged_and_not_taken_away() -> None:
    refs = [
        ("main", OLD, NEW),
        ("feature", OLD, NEW),
        ("release", NOTHING, NEW),
        ("stable", OLD, NOTHING),
    ]
    pushed = [Moved(old, new, f"refs/heads/{name}") for name, old, new in refs]
    found = to_judge(pushed, ("main", "release", "stable"), OLD, empty=False)
    assert [(each.reference[11:], each.base, bool(each.refused)) for each in found] == [
        ("main", OLD, False),
        ("release", OLD, False),  # a new one is a step from the branch in force
        ("stable", OLD, True),
    ]


@pytest.mark.parametrize(
    ("tip", "empty", "base", "refused"),
    [("", True, "", False), ("", False, "", True), (OLD, False, OLD, False)],
)
def test_only_in_an_empty_repository_does_a_revision_begin_by_itself(
    tip: str, empty: bool, base: str, refused: bool
) -> None:
    pushed = [Moved(NOTHING, NEW, "refs/heads/main")]
    (found,) = to_judge(pushed, ("main",), tip, empty=empty)
    assert (found.base, bool(found.refused), bool(found.remedy)) == (base, refused, refused)


def test_what_git_says_is_read_line_by_line() -> None:
    assert moved([f"{OLD} {NEW} refs/heads/a b\n"]) == (Moved(OLD, NEW, "refs/heads/a b"),)
    for line in ("", "a b c", f"{OLD} {NEW}", f"{OLD} {NEW[:-1]} refs/heads/x"):
        with pytest.raises(UsageError):
            moved([line])


def test_a_quarantine_is_a_folder_of_git_and_no_link(tmp_path: Path) -> None:
    place = tmp_path / "objects" / "tmp_objdir-incoming-Ab1"
    place.mkdir(parents=True)
    (tmp_path / "objects" / "tmp_objdir-incoming-Link").symlink_to(place)
    assert folder(tmp_path, place.name) == place
    for name in ("", "..", "pack", "tmp_objdir-incoming-Link", "tmp_objdir-incoming-Absent"):
        with pytest.raises(UsageError):
            folder(tmp_path, name)
