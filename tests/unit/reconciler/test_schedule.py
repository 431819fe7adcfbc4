"""Turns, on a clock that does not run."""

from __future__ import annotations

from reconciler.model import Placement
from reconciler.schedule import Pace, Schedule
from reconciler.status import Phase

A, B = Placement("a", "t"), Placement("b", "t")
PACE = Pace(interval=600, settle=0.1, progressing=2, first_retry=1, longest_retry=60)


def started(*placements: Placement, now: float = 0.0) -> Schedule:
    schedule = Schedule(PACE)
    schedule.want(placements or (A, B), now)
    return schedule


def end(schedule: Schedule, placement: Placement, phase: Phase | None, now: float) -> None:
    schedule.taken(placement)
    schedule.ended(placement, phase, clean=phase is Phase.CONVERGED, now=now)


def test_a_new_revision_is_everybodys_turn() -> None:
    schedule = started()
    assert schedule.due(0) == [A, B]
    schedule.taken(A)
    assert schedule.due(0) == [B]
    schedule.want([A], 5)
    assert schedule.due(5) == [A]


def test_what_is_as_desired_is_looked_at_every_interval() -> None:
    schedule = started(A)
    end(schedule, A, Phase.CONVERGED, 10)
    assert schedule.next_due() == 610
    assert (schedule.due(609), schedule.due(610)) == ([], [A])


def test_a_change_that_was_seen_asks_for_a_turn_once_it_settled() -> None:
    schedule = started(A)
    end(schedule, A, Phase.CONVERGED, 10)
    schedule.nudge(A, 20)
    schedule.nudge(A, 20.05)
    assert (schedule.due(20.05), schedule.due(20.1)) == ([], [A])
    schedule.nudge(B, 20)
    assert schedule.due(700) == [A], "nobody of ours"


def test_a_change_seen_during_a_turn_asks_for_another() -> None:
    schedule = started(A)
    schedule.taken(A)
    schedule.nudge(A, 1)
    schedule.ended(A, Phase.CONVERGED, clean=True, now=2)
    assert schedule.due(2) == [A]


def test_what_was_seen_to_change_waits_in_a_queue_of_its_own() -> None:
    schedule = started()
    schedule.nudge(B, 0, seen=True)
    assert (schedule.due(0), schedule.due(0, seen=True)) == ([A], [B])
    schedule.taken(B)
    assert schedule.due(0, seen=True) == []
    schedule.nudge(B, 1, seen=True)
    assert schedule.next_due(seen=True) == 1.1
    schedule.want([A, B], 2)
    assert (schedule.due(2), schedule.due(2, seen=True)) == ([A, B], [])


def test_what_was_seen_during_a_turn_waits_for_its_end() -> None:
    schedule = started(A)
    schedule.taken(A)
    assert schedule.begin(A)
    schedule.nudge(A, 1, seen=True)
    assert schedule.next_due(seen=True) == float("inf")
    assert not schedule.begin(A), "two at work on one placement"
    schedule.leave(A)
    assert schedule.due(1.1, seen=True) == [A]


def test_of_a_silent_target_nothing_is_asked_beside_the_one() -> None:
    schedule = started()
    for placement in (A, B):
        end(schedule, placement, Phase.UNREACHABLE, 10)
    schedule.nudge(A, 10, seen=True)
    assert schedule.due(11, seen=True) == []
    assert len(schedule.due(11)) == 1


def test_what_is_on_its_way_is_looked_at_soon() -> None:
    schedule = started(A)
    end(schedule, A, Phase.PROGRESSING, 10)
    assert schedule.next_due() == 12


def test_what_fails_is_tried_later_and_later() -> None:
    schedule = started(A)
    waits = []
    for phase in [Phase.FAILED] * 8 + [Phase.BLOCKED, None]:
        end(schedule, A, phase, 100)
        waits.append(schedule.next_due() - 100)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    end(schedule, A, Phase.CONVERGED, 200)
    end(schedule, A, Phase.FAILED, 300)
    assert schedule.next_due() == 301


def test_a_silent_target_is_asked_by_one_placement_at_a_time() -> None:
    schedule = started()
    for placement in (A, B):
        end(schedule, placement, Phase.UNREACHABLE, 10)
    assert schedule.due(10.9) == []
    first = schedule.due(11)
    assert len(first) == 1
    end(schedule, first[0], Phase.UNREACHABLE, 11)
    assert schedule.due(12.9) == []
    second = schedule.due(13)
    assert second != first, "each in its turn"
    end(schedule, second[0], Phase.CONVERGED, 13)
    assert schedule.due(13) == first


def test_whose_turn_was_not_taken_is_due_still() -> None:
    schedule = started(A)
    schedule.taken(A)
    schedule.again(A, 3)
    assert schedule.due(3) == [A]


def test_nobody_is_never_due() -> None:
    schedule = Schedule(PACE)
    assert schedule.due(1e9) == []
    assert schedule.next_due() == float("inf")
