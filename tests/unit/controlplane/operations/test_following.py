"""What becomes of a new revision: taken up, refused, or put off; with a clock of our own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from controlplane.operations.clearing import NotClearedError
from controlplane.operations.following import Branch, Follower, Taken, Told, Turns
from controlplane.repo.errors import GitServerError
from reconciler.errors import StateUnavailableError
from reconciler.ledger import Grounds
from reconciler.model import Desired, Placement


class House:
    """A branch that does as it is told, and all that the follower says and hands over."""

    def __init__(self, in_force: str = "") -> None:
        self.head: str | Exception = "aaa"
        self.refused: dict[str, Exception] = {}
        self.given: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.told: list[Told] = []
        self.problems: tuple[str, ...] = ()
        self.follower = Follower(
            Branch(self._head, self._take, self._rendered),
            self._hand_over,
            in_force=in_force,
            now=lambda: 1234.5,
            chance=lambda: 0.5,
            tell=self.told.append,
        )

    def _head(self) -> str:
        if isinstance(self.head, Exception):
            raise self.head
        return self.head

    def _take(self, revision: str, in_force: str) -> Taken:
        self.asked.append((revision, in_force))
        if revision in self.refused:
            raise self.refused[revision]
        return self._rendered(revision)

    def _rendered(self, revision: str) -> Taken:
        return Taken((Desired(Placement("acme/prod", "eu"), revision, ()),), self.problems)

    def _hand_over(self, desired: Sequence[Desired], _: Grounds) -> None:
        self.given += [each.revision for each in desired]

    @property
    def events(self) -> list[str]:
        return [told.event for told in self.told]


NOT_CLEARED = NotClearedError("no decision covers it", remedy="run `cpctl gate`")
AWAY = GitServerError("it does not answer", remedy="wait", retry_after=5)


def test_a_cleared_revision_is_handed_over_once() -> None:
    house = House()
    house.follower.look()
    house.follower.look()
    assert house.given == ["aaa"]
    assert house.asked == [("aaa", "")]
    assert house.follower.following.in_force == "aaa"
    assert house.follower.following.since == 1234.5
    assert house.events == ["revision-taken-up"]


def test_a_look_counts_once_it_is_over() -> None:
    house = House()
    seen: list[float] = []
    house.refused = {"bbb": NOT_CLEARED}
    house.follower.look()
    assert house.follower.looked == 1234.5
    house.follower.looked = 0.0
    house.head = AWAY
    house.follower.look()
    assert house.follower.looked == 0.0
    house.head = "bbb"
    take = house._take
    house.follower._branch = Branch(
        house._head,
        lambda *given: (seen.append(house.follower.looked), take(*given))[1],
        house._rendered,
    )
    house.follower.look()
    assert (seen, house.follower.looked) == ([0.0], 1234.5)


def test_the_next_one_is_cleared_from_the_one_in_force() -> None:
    house = House()
    house.follower.look()
    house.head = "bbb"
    house.follower.look()
    assert house.given == ["aaa", "bbb"]
    assert house.asked[-1] == ("bbb", "aaa")


def test_one_that_is_not_cleared_changes_nothing_and_is_said_once() -> None:
    house = House()
    house.follower.look()
    house.head, house.refused = "bbb", {"bbb": NOT_CLEARED}
    house.follower.look()
    house.follower.look()
    following = house.follower.following
    assert house.given == ["aaa"]
    assert (following.in_force, following.seen) == ("aaa", "bbb")
    assert (following.refused, following.remedy) == ("no decision covers it", "run `cpctl gate`")
    assert house.events == ["revision-taken-up", "revision-refused"]


def test_a_decision_that_comes_later_clears_it() -> None:
    house = House()
    house.refused = {"aaa": NOT_CLEARED}
    house.follower.look()
    assert house.given == []
    house.refused = {}
    house.follower.look()
    assert house.given == ["aaa"]
    assert house.follower.following.refused == ""


def test_a_branch_that_goes_back_to_what_is_in_force_is_refused_no_longer() -> None:
    house = House()
    house.follower.look()
    house.head, house.refused = "bbb", {"bbb": NOT_CLEARED}
    house.follower.look()
    house.head = "aaa"
    house.follower.look()
    assert house.follower.following.refused == ""
    assert house.given == ["aaa"]


def test_what_an_earlier_process_began_is_kept_while_the_newest_is_refused() -> None:
    house = House(in_force="old")
    house.refused = {"aaa": NOT_CLEARED}
    house.follower.look()
    assert house.given == ["old"]
    assert house.follower.following.in_force == "old"
    assert house.follower.following.refused == "no decision covers it"
    assert house.events == ["revision-refused", "revision-resumed"]


def test_what_an_earlier_process_began_is_kept_while_the_git_server_is_away() -> None:
    house = House(in_force="old")
    house.head = AWAY
    house.follower.look()
    house.follower.look()
    assert house.given == ["old"]
    assert house.follower.following.source == "it does not answer"
    house.head = "aaa"
    house.follower.look()
    assert house.given == ["old", "aaa"]
    assert house.asked == [("aaa", "old")]
    assert house.follower.following.source == ""
    assert house.events == ["source-away", "revision-resumed", "source-back", "revision-taken-up"]


def test_nothing_is_handed_over_where_nothing_was_ever_cleared() -> None:
    house = House()
    house.head = AWAY
    house.follower.look()
    assert house.given == []


def test_a_git_server_that_is_away_is_asked_less_and_less_often() -> None:
    house = House()
    house.head = AWAY
    pauses = []
    for _ in range(8):
        house.follower.look()
        pauses.append(house.follower.pause())
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    house.head = "aaa"
    house.follower.look()
    assert house.follower.pause() == 60


def test_a_revision_that_could_not_be_taken_up_for_now_is_tried_again_soon() -> None:
    house = House()
    house.refused = {"aaa": StateUnavailableError("away", remedy="start it", retry_after=5)}
    house.follower.look()
    assert house.follower.pause() == 1
    house.refused = {}
    house.follower.look()
    assert house.given == ["aaa"]


def test_tenants_that_cannot_be_rendered_are_named_and_counted() -> None:
    house = House()
    house.problems = ("tenants/acme/tenant.yaml:3:1: no such pack",)
    house.follower.look()
    assert house.given == ["aaa"]
    assert house.follower.following.unrendered == 1
    assert house.told[0].words["error"] == house.problems[0]


@given(some.integers(0, 10_000), some.floats(0, 1))
def test_the_wait_is_bounded(failures: int, chance: float) -> None:
    wait = Turns(interval=60, jitter=0.1).wait(failures, chance)
    assert 1 <= wait <= 66.1
    assert (wait <= 60) or not failures


def test_a_fault_does_not_end_the_following_and_a_nudge_is_heard() -> None:
    house = House()
    house.head = ZeroDivisionError("what")
    stop = threading.Event()
    thread = threading.Thread(target=house.follower.run, args=(stop,))
    thread.start()
    while "fault" not in house.events:
        stop.wait(0.005)
    house.head = "aaa"
    house.follower.nudge()
    while not house.given:
        stop.wait(0.005)
    stop.set()
    house.follower.nudge()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("error", [NOT_CLEARED, AWAY])
def test_a_failure_to_render_what_was_in_force_is_said(error: Exception) -> None:
    house = House(in_force="old")
    house.head = AWAY

    def broken(_: str) -> Taken:
        raise error

    house.follower._branch = Branch(house._head, house._take, broken)
    house.follower.look()
    assert house.given == []
    assert house.events == ["source-away", "resume-failed"]
