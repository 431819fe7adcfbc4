"""Which placements may still hold something that nobody declares."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controlplane.errors import UsageError
from controlplane.operations.applying import (
    applied_last,
    emptied,
    holding,
    is_ahead,
    left_alone,
)
from controlplane.operations.wanted import Wanted
from controlplane.repo.errors import ShallowRepositoryError, UnknownRevisionError
from controlplane.repo.git import GitRepository
from reconciler.model import Desired, Placement, Resource
from reconciler.receipts import desired_digest
from reconciler.state.base import Run
from reconciler.status import Pass, Phase, PlacementStatus, conclude
from tests.support.gitrepo import TestRepository

GONE = Placement("gone/prod", "eu")
SNAPSHOT: Any = SimpleNamespace(commit=SimpleNamespace(id="a" * 40), tree_id="t")
SOMETHING = (Resource.of("v1/ConfigMap/_/a", {}),)


OURS, THEIRS = "a" * 40, "b" * 40


class _Repository:
    """One that has a single commit."""

    def resolve(self, revision: str) -> Any:
        if revision != OURS:
            raise UnknownRevisionError("there is none", remedy="name another")
        return SimpleNamespace(id=OURS)

    def refuse_shallow(self) -> None:
        """It is none."""


REPOSITORY: Any = _Repository()


def status(phase: Phase, *resources: Resource, revision: str = OURS) -> PlacementStatus:
    digest = desired_digest(Desired(GONE, "r", resources))
    done = Pass(GONE, revision, digest, "run", "2026-01-01T00:00:00Z")
    return PlacementStatus(**{**vars(conclude(done, None)), "phase": phase})


@pytest.mark.parametrize(
    ("last_word", "held"),
    [
        (status(Phase.CONVERGED), False),
        (status(Phase.PROGRESSING), True),
        (status(Phase.FAILED), True),
        (status(Phase.CONVERGED, *SOMETHING), True),
    ],
)
def test_only_what_was_emptied_holds_nothing(last_word: PlacementStatus, *, held: bool) -> None:
    assert holding(REPOSITORY, [last_word]).ours == ((GONE,) if held else ())


def test_what_another_repository_applied_is_not_ours_to_empty() -> None:
    """Two repositories that share a state store would empty each other's placements."""
    theirs = status(Phase.CONVERGED, *SOMETHING, revision=THEIRS)

    held = holding(REPOSITORY, [theirs])

    assert (held.ours, held.strangers) == ((), (theirs,))
    assert [each.name for each in left_alone(REPOSITORY, held.strangers, Wanted(()))] == [
        "gone/prod@eu"
    ]


def test_what_this_process_is_about_to_fill_may_hold_something() -> None:
    """A revision that does not declare it any more may come before the first word on it."""
    assert holding(REPOSITORY, [], [GONE]).ours == (GONE,)
    assert holding(REPOSITORY, [status(Phase.CONVERGED)], [GONE]).ours == (GONE,)
    theirs = status(Phase.CONVERGED, *SOMETHING, revision=THEIRS)
    assert holding(REPOSITORY, [theirs], [GONE]).ours == ()


def test_a_branch_that_is_called_like_their_commit_makes_it_no_commit_of_ours(
    tmp_path: Path,
) -> None:
    made = TestRepository(tmp_path)
    ours = made.commit({"a": "b"})
    made.branch(THEIRS, ours)
    repository = GitRepository.open(tmp_path)
    every = [status(Phase.CONVERGED, *SOMETHING, revision=each) for each in (THEIRS, ours)]

    assert [each.revision for each in holding(repository, every).strangers] == [THEIRS]
    runs = [Run(str(n), "apply", each, "t") for n, each in enumerate((THEIRS, ours))]
    assert applied_last(repository, runs) == ours


def test_what_is_declared_here_is_no_stranger_whoever_applied_it_last() -> None:
    theirs = status(Phase.CONVERGED, *SOMETHING, revision=THEIRS)
    declared = Wanted((Desired(GONE, OURS, SOMETHING),))

    assert left_alone(REPOSITORY, [theirs], declared) == []


def test_what_cannot_be_rendered_is_declared_all_the_same() -> None:
    theirs = status(Phase.CONVERGED, *SOMETHING, revision=THEIRS)
    unrendered = Wanted((), {"gone": ()})

    assert left_alone(REPOSITORY, [theirs], unrendered) == []


def test_a_shallow_clone_cannot_tell_what_is_anothers(tmp_path: Path) -> None:
    """A plan from it would leave out what the next apply empties."""
    made = TestRepository(tmp_path)
    tip = made.commit({"a": "b"})
    tmp_path.joinpath(".git", "shallow").write_text(f"{tip}\n")
    repository = GitRepository.open(tmp_path)
    earlier = status(Phase.CONVERGED, *SOMETHING, revision=THEIRS)
    declared = Wanted((Desired(GONE, tip, SOMETHING),))

    strangers = holding(repository, [earlier]).strangers

    assert left_alone(repository, strangers, declared) == []
    with pytest.raises(ShallowRepositoryError, match="shallow clone"):
        left_alone(repository, strangers, Wanted(()))


@pytest.mark.parametrize(
    ("applied", "ours", "looked", "ahead"),
    [
        ("first", "second", 1e10, False),  # it is ours to go on
        ("second", "first", 1e10, True),  # however lately the branch was looked at
        ("second", "second", 0.0, False),
        ("aside", "second", 0.0, False),  # neither comes after the other
        ("unknown", "second", 0.0, True),  # perhaps the branch moved on since
        ("unknown", "second", 1e10, False),  # it did not: it is another repository's
    ],
)
def test_who_is_ahead_on_the_branch(
    tmp_path: Path, applied: str, ours: str, looked: float, *, ahead: bool
) -> None:
    made = TestRepository(tmp_path)
    first = made.commit({"a": "1"})
    named = {
        "first": first,
        "second": made.commit({"a": "2"}, parents=[first]),
        "aside": made.commit({"a": "3"}, parents=[first], branch="aside"),
        "unknown": "e" * 40,
    }
    last = status(Phase.CONVERGED, *SOMETHING, revision=named[applied])
    assert is_ahead(last, named[ours], looked, GitRepository.open(made.path)) is ahead


def test_a_target_that_is_no_longer_declared_is_said_and_stops_nothing() -> None:
    def target_of(name: str) -> Any:
        raise UsageError(f"there is no target `{name}`", remedy="name one")

    gone, silent = emptied(target_of, [GONE], Wanted(()), SNAPSHOT)

    assert [(each.placement, each.abandoned) for each in gone] == [(GONE, True)]
    assert [each.name for each in silent] == ["eu"]


def test_what_its_target_does_not_know_any_more_is_still_put_right() -> None:
    """A run may have been killed after it took the inventory away, and before it said so."""
    target: Any = SimpleNamespace(placements=lambda: iter([Placement("stranger/prod", "eu")]))

    gone, silent = emptied(lambda _: target, [GONE], Wanted(()), SNAPSHOT)

    assert [(each.placement, each.abandoned) for each in gone] == [(GONE, True)]
    assert silent == ()
