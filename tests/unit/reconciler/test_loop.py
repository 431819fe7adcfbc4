"""The loop, with real threads and waits that end when something happened."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply import Reconciler
from reconciler.errors import StateUnavailableError
from reconciler.events import Event, Finished, PassFinished, Planned
from reconciler.loop import Loop
from reconciler.model import Action, Desired, Nudge, Placement, Resource, Verb
from reconciler.schedule import Pace
from reconciler.state.sql import SqlStateStore
from reconciler.status import Phase
from tests.fakes.evidence import FakeEvidence
from tests.fakes.target import FakeTarget

PATIENCE = 20.0  # seconds after which a test gives up; nothing is measured


class WatchedTarget(FakeTarget):
    """A fake whose watch yields what a test puts into a queue."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.seen: queue.Queue[Nudge | Exception] = queue.Queue()

    def watch(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        while not stop():
            try:
                nudge = self.seen.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(nudge, Exception):
                raise nudge
            yield nudge


class House:
    """A running loop over two targets."""

    def __init__(self, path: Path, give_way: float = 0.05) -> None:
        self.targets = {name: WatchedTarget(name) for name in ("east", "west")}
        self.store = SqlStateStore.open(
            f"sqlite:///{path}/state.db", clock=lambda: datetime.now(UTC)
        )
        self.evidence = FakeEvidence()
        self.events: list[Event] = []
        numbers = iter(range(10**6))
        self.reconciler = Reconciler(
            target_of=self.targets.__getitem__,
            store=self.store,
            evidence=self.evidence,
            clock=lambda: datetime.now(UTC),
            new_run=lambda: f"run-{next(numbers)}",
            listen=self.events.append,
        )
        self.loop = Loop(
            self.reconciler,
            self.targets.__getitem__,
            seconds=time.monotonic,
            pace=Pace(
                interval=3600, settle=0.01, give_way=give_way, first_retry=0.01, longest_retry=0.05
            ),
        )
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.loop.run, args=(self.stop,))
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.end()
    made.store.close()


def want(name: str, target: str, *ids: str, revision: str = "aa" * 20) -> Desired:
    resources = tuple(Resource.of(i, {"revision": revision}) for i in ids)
    return Desired(Placement(name, target), revision, resources)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def phase(house: House, name: str, target: str = "east") -> Phase | None:
    status = house.store.status(Placement(name, target))
    return status.phase if status else None


def held(target: WatchedTarget, identifier: str) -> tuple[threading.Event, threading.Event]:
    """Have work on one object last; return what is set when it began, and what lets it end."""
    inside, leave = threading.Event(), threading.Event()

    def hold(action: Action) -> None:
        if action.id == identifier:
            inside.set()
            leave.wait(PATIENCE)

    target.on_act = hold
    return inside, leave


def passes(house: House) -> list[PassFinished]:
    return [event for event in list(house.events) if isinstance(event, PassFinished)]


def test_what_is_wanted_comes_to_be_on_every_target(house: House) -> None:
    house.loop.want([want("acme", "east", "a"), want("acme", "west", "a")])
    until(lambda: all(t.held for t in house.targets.values()))
    until(lambda: {phase(house, "acme", t) for t in house.targets} == {Phase.CONVERGED})


def test_a_drift_that_was_seen_is_healed(house: House) -> None:
    east = house.targets["east"]
    house.loop.want([want("acme", "east", "a")])
    until(lambda: phase(house, "acme") is Phase.CONVERGED)
    east.tamper(Placement("acme", "east"), "a")
    east.seen.put(Nudge(Placement("acme", "east")))
    until(lambda: ("a", Verb.HEAL) in east.written)
    until(lambda: "heal" in [run.kind for run in house.evidence.runs])


def test_a_drift_that_was_seen_does_not_wait_for_a_pass_over_others(house: House) -> None:
    east = house.targets["east"]
    names = [f"p{n}" for n in range(9)]
    house.loop.want([want(name, "east", name) for name in names])
    until(lambda: all(phase(house, name) is Phase.CONVERGED for name in names))
    inside, leave = threading.Semaphore(0), threading.Event()

    def hold(action: Action) -> None:
        if action.id != "p8":
            inside.release()
            leave.wait(PATIENCE)

    east.on_act = hold
    newer = [want(name, "east", name, revision="bb" * 20) for name in names[:-1]]
    house.loop.want([*newer, want("p8", "east", "p8")])  # all of them are due at once
    for _ in range(4):  # as many as are worked on at the same time
        assert inside.acquire(timeout=PATIENCE)
    east.tamper(Placement("p8", "east"), "p8")
    east.seen.put(Nudge(Placement("p8", "east"), frozenset({"p8"})))
    until(lambda: ("p8", Verb.HEAL) in east.written)
    assert Verb.UPDATE not in {verb for _, verb in east.written}
    leave.set()
    until(lambda: {i for i, verb in east.written if verb is Verb.UPDATE} == set(names[:-1]))


def test_a_placement_is_never_worked_on_twice_at_the_same_time(house: House) -> None:
    east = house.targets["east"]
    house.loop.want([want("acme", "east", "a"), want("bravo", "east", "b")])
    until(lambda: {phase(house, n) for n in ("acme", "bravo")} == {Phase.CONVERGED})
    inside, leave = held(east, "a")
    east.tamper(Placement("acme", "east"), "a")
    east.seen.put(Nudge(Placement("acme", "east")))
    assert inside.wait(PATIENCE)
    observations = east.observations
    east.tamper(Placement("bravo", "east"), "b")
    for name, identifier in (("acme", "a"), ("bravo", "b")):
        east.seen.put(Nudge(Placement(name, "east"), frozenset({identifier})))
    until(lambda: ("b", Verb.HEAL) in east.written)
    assert east.observations == observations + 1
    leave.set()
    until(lambda: east.observations == observations + 2)
    assert all(each.clean for each in passes(house)), "nobody was refused a lease"


def test_a_healing_that_takes_long_does_not_keep_others_from_their_turn(house: House) -> None:
    east = house.targets["east"]
    house.loop.want([want("acme", "east", "a"), want("bravo", "east", "b")])
    until(lambda: {phase(house, n) for n in ("acme", "bravo")} == {Phase.CONVERGED})
    inside, leave = held(east, "a")
    for name, identifier in (("acme", "a"), ("bravo", "b")):
        east.tamper(Placement(name, "east"), identifier)
    east.seen.put(Nudge(Placement("acme", "east"), frozenset({"a"})))
    assert inside.wait(PATIENCE)
    east.seen.put(Nudge(Placement("bravo", "east")))
    until(lambda: ("b", Verb.HEAL) in east.written)
    assert ("a", Verb.HEAL) not in east.written
    leave.set()
    until(lambda: ("a", Verb.HEAL) in east.written)


def test_a_pass_that_waits_for_a_healing_goes_before_a_new_revision(house: House) -> None:
    """What is newly wanted of others does not wait for an object that takes long."""
    east = house.targets["east"]
    house.loop.want([want("acme", "east", "a"), want("bravo", "east", "b")])
    until(lambda: {phase(house, n) for n in ("acme", "bravo")} == {Phase.CONVERGED})
    inside, leave = held(east, "a")
    east.tamper(Placement("acme", "east"), "a")
    east.seen.put(Nudge(Placement("acme", "east"), frozenset({"a"})))
    assert inside.wait(PATIENCE)
    before = len(house.store.runs(100))
    house.loop.nudge(Placement("acme", "east"))
    until(lambda: len(house.store.runs(100)) > before)
    newer = "bb" * 20
    house.loop.want(
        [want("acme", "east", "a", revision=newer), want("bravo", "east", "b", revision=newer)]
    )
    until(lambda: ("b", Verb.UPDATE) in east.written)
    assert ("a", Verb.UPDATE) not in east.written
    leave.set()
    until(lambda: ("a", Verb.UPDATE) in east.written)
    assert all(each.clean for each in passes(house) if each.kind == "apply")


def test_a_pass_that_gives_way_ends_with_the_loop(tmp_path: Path) -> None:
    """What was seen last is not healed any more, so that nobody may wait for it."""
    house = House(tmp_path, give_way=3600)
    east = house.targets["east"]
    names = ("acme", "bravo", "delta")
    house.loop.want([want(name, "east", name) for name in names])
    until(lambda: {phase(house, name) for name in names} == {Phase.CONVERGED})
    inside, leave = held(east, "acme")
    for name in names:
        east.tamper(Placement(name, "east"), name)
    east.seen.put(Nudge(Placement("acme", "east"), frozenset({"acme"})))
    assert inside.wait(PATIENCE)
    east.seen.put(Nudge(Placement("bravo", "east"), frozenset({"bravo"})))
    before = len(house.store.runs(100))
    house.loop.nudge(Placement("delta", "east"))
    until(lambda: len(house.store.runs(100)) > before)
    house.stop.set()
    leave.set()
    house.end()


def test_a_target_that_is_away_holds_up_no_other_and_comes_back(house: House) -> None:
    house.targets["east"].unavailable = True
    house.loop.want([want("acme", "east", "a"), want("bravo", "west", "a")])
    until(lambda: phase(house, "bravo", "west") is Phase.CONVERGED)
    until(lambda: not house.loop.state()["east"].reachable)
    assert "does not answer" in house.loop.state()["east"].problem
    house.targets["east"].unavailable = False
    until(lambda: phase(house, "acme") is Phase.CONVERGED)
    until(lambda: house.loop.state()["east"].reachable)


def test_while_the_state_store_is_away_targets_are_only_observed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Any) -> None:
        raise StateUnavailableError("the database is away", remedy="start it")

    with monkeypatch.context() as patch:
        patch.setattr(house.store, "begin_run", away)
        house.loop.want([want("acme", "east", "a")])
        until(lambda: any(isinstance(event, Planned) for event in list(house.events)))
        assert house.loop.state()["east"].observing_only
        assert house.targets["east"].held == {}
        assert house.targets["east"].inventories == {}
    until(lambda: phase(house, "acme") is Phase.CONVERGED)
    until(lambda: not house.loop.state()["east"].observing_only)


def test_a_new_revision_goes_before_what_has_not_begun_of_the_old(house: House) -> None:
    east = house.targets["east"]
    inside, leave = threading.Event(), threading.Event()

    def hold(action: Action) -> None:
        inside.set()
        leave.wait(PATIENCE)

    east.on_act = hold
    names = [f"p{n}" for n in range(20)]
    house.loop.want([want(name, "east", "a") for name in names])
    assert inside.wait(PATIENCE)
    newer = [want(name, "east", "a", revision="bb" * 20) for name in names]
    house.loop.want(newer)
    leave.set()
    until(
        lambda: (
            all(s.applied == "bb" * 20 for s in house.store.statuses())
            and len(house.store.statuses()) == 20
        )
    )
    creations = sum(verb is Verb.CREATE for _, verb in east.written)
    updates = sum(verb is Verb.UPDATE for _, verb in east.written)
    assert creations == 20
    assert updates <= 4, "only those that had begun were applied twice"


def test_stopping_finishes_what_was_begun(house: House) -> None:
    east = house.targets["east"]
    inside, leave = threading.Event(), threading.Event()

    def hold(action: Action) -> None:
        inside.set()
        leave.wait(PATIENCE)

    east.on_act = hold
    house.loop.want([want("acme", "east", "a", "b")])
    assert inside.wait(PATIENCE)
    house.stop.set()
    leave.set()
    house.end()
    assert [i for i, _ in east.written] == ["a", "b"]
    assert house.store.open_intents(Placement("acme", "east")) == []
    assert any(isinstance(event, PassFinished) for event in house.events)


def test_a_watch_that_breaks_is_begun_again_and_everything_looked_at(house: House) -> None:
    east = house.targets["east"]
    house.loop.want([want("acme", "east", "a")])
    until(lambda: phase(house, "acme") is Phase.CONVERGED)
    before = east.observations
    east.seen.put(ConnectionError("gone"))
    until(lambda: east.observations > before)
    east.tamper(Placement("acme", "east"), "a")
    east.seen.put(Nudge(Placement("acme", "east")))
    until(lambda: ("a", Verb.HEAL) in east.written)


def test_a_fault_in_one_pass_does_not_end_the_work(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "begin_run", lambda _: 1 / 0)
        house.loop.want([want("acme", "east", "a")])
        until(lambda: "ZeroDivisionError" in house.loop.state()["east"].problem)
    until(lambda: phase(house, "acme") is Phase.CONVERGED)
    until(lambda: any(isinstance(event, Finished) for event in house.events))
