"""What every state store must do: inherit from StateConformance and give it a bench."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.errors import LeaseLostError, PlacementBusyError, StateUnavailableError
from reconciler.model import Action, Outcome, Placement, Resource, Result, Standing, Verb
from reconciler.state.base import Applied, Lease, OpenIntent, Run, Settlement, StateStore
from reconciler.status import Condition, Phase, PlacementStatus, Trouble, stamp, under_way

START = datetime(2026, 1, 1, tzinfo=UTC)
PLACEMENT = Placement("acme/prod", "east")


class StateBench(ABC):
    """Opens one store as several processes would, on a clock that tests move."""

    now: datetime = START

    @abstractmethod
    def open(self, process: str = "first") -> StateStore:
        """Open the store as the process of that name; its data is the same for each."""

    @abstractmethod
    def end(self, process: str) -> None:
        """Let a process be gone."""

    @abstractmethod
    def take_away(self) -> None:
        """Make the store unreachable."""


def make(*names: str, value: str = "1") -> list[Action]:
    return [
        Action(name, Verb.CREATE, Standing.ABSENT, Resource.of(name, {"value": value}))
        for name in names
    ]


def done(actions: Sequence[Action]) -> list[Outcome]:
    return [Outcome(action.id, action.verb, Result.DONE) for action in actions]


def begin(store: StateStore, run: str, when: datetime = START) -> Lease:
    store.begin_run(Run(run, "apply", "rev-1", stamp(when)))
    return store.acquire(PLACEMENT, run)


def status(run: str, phase: Phase = Phase.CONVERGED) -> PlacementStatus:
    return PlacementStatus(
        PLACEMENT,
        phase,
        "rev-1",
        "rev-1",
        "sha256:0",
        run,
        stamp(START),
        {"done": 1},
        (Condition("Applied", holds=True, since=stamp(START)),),
        (Trouble("a", "failed", "no ü", "do b"),),
    )


def intend(
    store: StateStore, lease: Lease, actions: Sequence[Action], revision: str = "rev-1"
) -> None:
    words = under_way(lease.placement, revision, lease.run, stamp(START), None)
    store.intend(lease, words, actions)


class StateConformance(ABC):
    """The tests."""

    @pytest.fixture
    @abstractmethod
    def bench(self) -> StateBench:
        """Return a bench with an empty store."""

    def test_what_was_said_is_there_for_the_next_process(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        actions = make("a", "b")
        intend(store, lease, actions)
        store.record(lease, done(actions))
        store.conclude(lease, status("run-1"))
        store.end_run("run-1", outcome="done", summary="two")
        store.close()

        later = bench.open("second")
        (run,) = later.runs(10)
        assert (run.id, run.outcome, run.summary, run.revision) == ("run-1", "done", "two", "rev-1")
        assert run.finished
        assert later.statuses() == [status("run-1")]
        assert later.status(PLACEMENT) == status("run-1")
        assert later.status(Placement("other", "east")) is None
        assert later.open_intents(PLACEMENT) == []
        assert later.applied(PLACEMENT) == {
            action.id: Applied(action.resource.digest, "rev-1", "run-1")
            for action in actions
            if action.resource
        }

    def test_a_placement_is_known_as_soon_as_something_is_intended(self, bench: StateBench) -> None:
        """Whoever is killed on the first pass over it leaves what must be found again."""
        store = bench.open()
        intend(store, begin(store, "run-1"), make("a"))

        (left,) = bench.open("second").statuses()

        assert (left.placement, left.phase, left.revision, left.run) == (
            PLACEMENT,
            Phase.PROGRESSING,
            "rev-1",
            "run-1",
        )

    def test_an_intent_without_a_result_is_open_until_it_is_settled(
        self, bench: StateBench
    ) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        actions = [*make("a", "b"), Action("c", Verb.PRUNE, Standing.SURPLUS)]
        intend(store, lease, actions)
        store.record(lease, done(actions[:1]))
        store.close()
        bench.end("first")

        later = bench.open("second")
        lease = begin(later, "run-2", START + timedelta(seconds=1))
        left = later.open_intents(PLACEMENT)
        assert left == [
            OpenIntent("run-1", "rev-1", "b", "create", actions[1].resource.digest),  # type: ignore[union-attr]
            OpenIntent("run-1", "rev-1", "c", "prune", ""),
        ]
        later.settle(
            lease,
            [
                Settlement(left[0], "in-sync", digest="sha256:b"),
                Settlement(left[1], "absent", gone=True),
            ],
        )
        assert later.open_intents(PLACEMENT) == []
        assert set(later.applied(PLACEMENT)) == {"a", "b"}
        assert later.applied(PLACEMENT)["b"] == Applied("sha256:b", "rev-1", "run-1")
        assert [run.outcome for run in later.runs(10)] == ["", "interrupted"]

    def test_what_went_leaves_the_cached_inventory(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        intend(store, lease, make("a", "b", "c"))
        store.record(lease, done(make("a", "b", "c")))
        store.end_run("run-1", outcome="done", summary="")
        lease = begin(store, "run-2")
        gone = [
            Action("a", Verb.PRUNE, Standing.SURPLUS),
            Action("b", Verb.FORGET, Standing.ABSENT),
        ]
        intend(store, lease, gone, "rev-2")
        store.record(lease, done(gone))
        assert set(store.applied(PLACEMENT)) == {"c"}

    def test_what_failed_is_not_in_the_cached_inventory(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        intend(store, lease, make("a"))
        store.record(lease, [Outcome("a", Verb.CREATE, Result.FAILED, "no")])
        assert store.applied(PLACEMENT) == {}
        assert store.open_intents(PLACEMENT) == []

    def test_only_one_run_holds_a_placement(self, bench: StateBench) -> None:
        first, second = bench.open("first"), bench.open("second")
        lease = begin(first, "run-1")
        with pytest.raises(PlacementBusyError, match="run-1") as busy:
            begin(second, "run-2")
        assert busy.value.retry_after
        assert second.acquire(Placement("bravo/prod", "east"), "run-2").fence == 1

        first.give_back(lease)
        assert second.acquire(PLACEMENT, "run-2").fence > lease.fence

    def test_many_want_one_placement_and_one_gets_it(self, bench: StateBench) -> None:
        stores = [bench.open(f"process-{n}") for n in range(6)]

        def attempt(number: int) -> bool:
            try:
                begin(stores[number], f"run-{number}")
            except PlacementBusyError:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(attempt, range(6))) == 1

    def test_a_lease_that_is_not_renewed_ends(self, bench: StateBench) -> None:
        first, second = bench.open("first"), bench.open("second")
        lease = begin(first, "run-1")
        bench.now += timedelta(seconds=first.lease_seconds * 0.7)
        first.renew("run-1")
        bench.now += timedelta(seconds=first.lease_seconds * 0.7)
        with pytest.raises(PlacementBusyError):
            begin(second, "run-2")
        bench.now += timedelta(seconds=first.lease_seconds * 0.4)

        newer = second.acquire(PLACEMENT, "run-2")

        assert newer.fence > lease.fence
        for write in (
            lambda: intend(first, lease, make("a")),
            lambda: first.record(lease, done(make("a"))),
            lambda: first.conclude(lease, status("run-1")),
            lambda: first.settle(lease, []),
        ):
            with pytest.raises(LeaseLostError):
                write()
        first.give_back(lease)
        intend(second, newer, make("a"))

    def test_the_lease_of_a_process_that_is_gone_is_free_at_once(self, bench: StateBench) -> None:
        lease = begin(bench.open("first"), "run-1")
        bench.end("first")
        assert begin(bench.open("second"), "run-2").fence > lease.fence

    def test_the_end_of_a_run_frees_what_it_held(self, bench: StateBench) -> None:
        first, second = bench.open("first"), bench.open("second")
        lease = begin(first, "run-1")
        first.end_run("run-1", outcome="done", summary="")
        assert begin(second, "run-2").fence > lease.fence

    def test_a_long_silent_run_is_marked_as_interrupted(self, bench: StateBench) -> None:
        begin(bench.open("first"), "run-1")
        second = bench.open("second")
        bench.now += timedelta(seconds=2 * second.lease_seconds)
        second.begin_run(Run("run-2", "apply", "rev-1", stamp(bench.now)))
        assert [(run.id, run.outcome) for run in second.runs(10)] == [
            ("run-2", ""),
            ("run-1", "interrupted"),
        ]

    def test_the_oldest_runs_are_forgotten_but_none_with_something_open(
        self, bench: StateBench
    ) -> None:
        store = bench.open()
        intend(store, begin(store, "open"), make("a"))
        store.end_run("open", outcome="interrupted", summary="")
        for number in range(110):
            when = START + timedelta(seconds=number + 1)
            store.begin_run(Run(f"run-{number}", "apply", "rev-1", stamp(when)))
            store.end_run(f"run-{number}", outcome="done", summary="")
        names = [run.id for run in store.runs(1000)]
        assert len(names) == 101
        assert (names[0], names[-1]) == ("run-109", "open")

    def test_four_thousand_actions(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        actions = make(*(f"thing/{n}" for n in range(4000)))
        intend(store, lease, actions)
        store.record(lease, done(actions[:2500]))
        store.record(lease, done(actions[2500:]))
        assert len(store.applied(PLACEMENT)) == 4000
        assert store.open_intents(PLACEMENT) == []

    def test_placements_of_one_name_on_two_targets_are_two(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        other = store.acquire(Placement(PLACEMENT.name, "west"), "run-1")
        intend(store, lease, make("a"))
        intend(store, other, make("a"))
        store.record(other, done(make("a")))
        assert [intent.id for intent in store.open_intents(PLACEMENT)] == ["a"]
        assert store.open_intents(other.placement) == []

    def test_a_store_that_is_away_says_so(self, bench: StateBench) -> None:
        store = bench.open()
        lease = begin(store, "run-1")
        store.check()
        bench.take_away()
        for call in (
            store.check,
            lambda: store.begin_run(Run("run-2", "apply", "rev-1", stamp(START))),
            lambda: store.acquire(PLACEMENT, "run-2"),
            lambda: intend(store, lease, make("a")),
            lambda: store.record(lease, done(make("a"))),
            lambda: store.open_intents(PLACEMENT),
            store.statuses,
        ):
            with pytest.raises(StateUnavailableError) as away:
                call()
            assert away.value.remedy
            assert away.value.retry_after
