"""A pass: intents before actions, results after, and one failure that stays alone."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from evidence.records import Record
from reconciler.apply import ApplyOptions, Reconciler, Summary
from reconciler.errors import (
    EvidenceUnavailableError,
    ReconcilerError,
    StateUnavailableError,
)
from reconciler.events import Acted, Event, Finished, PassFinished, Planned
from reconciler.model import Action, Desired, Health, Outcome, Placement, Resource, Result, Verb
from reconciler.plan import PlanOptions
from reconciler.state import migrate
from reconciler.state.base import Lease
from reconciler.state.database import Database
from reconciler.state.sql import SqlStateStore
from reconciler.status import Phase, PlacementStatus
from reconciler.targets.base import Target
from tests.fakes.evidence import FakeEvidence
from tests.fakes.target import FakeTarget

COMMIT = "ab" * 20
ACME = Placement("acme/prod", "east")
BRAVO = Placement("bravo/prod", "east")


class Store(SqlStateStore):
    """A real store that can be switched off, and tells a test what it is asked."""

    away = False
    away_after = -1

    def __init__(self, path: Path) -> None:
        database = Database(f"sqlite:///{path}")
        migrate.migrate(database)
        times = itertools.count()
        super().__init__(
            database,
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(times) / 100),
            myself="test",
        )

    def begin_run(self, run: Any) -> None:
        self._reach()
        super().begin_run(run)

    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> None:
        self._reach()
        super().record(lease, outcomes)

    def _reach(self) -> None:
        self.away_after -= 1
        if self.away or self.away_after == 0:
            self.away = True
            raise StateUnavailableError("the database is away", remedy="start it")


class House:
    """Everything a reconciler needs, within reach of a test."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path / "state.db")
        self.evidence = FakeEvidence()
        self.targets: dict[str, FakeTarget] = {
            "east": FakeTarget("east"),
            "west": FakeTarget("west"),
        }
        self.events: list[Event] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        runs = itertools.count(1)
        self.reconciler = Reconciler(
            target_of=self.target_of,
            store=self.store,
            evidence=self.evidence,
            clock=lambda: self.now,
            new_run=lambda: f"run-{next(runs)}",
            listen=self.events.append,
        )

    @property
    def east(self) -> FakeTarget:
        return self.targets["east"]

    def target_of(self, name: str) -> Target:
        return self.targets[name]

    def apply(self, *desired: Desired, **options: Any) -> Summary:
        return self.reconciler.apply(desired, ApplyOptions(**options))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


def want(
    *names: str, placement: Placement = ACME, revision: str = COMMIT, value: str = "1"
) -> Desired:
    resources = tuple(Resource.of(name, {"value": value}) for name in names)
    return Desired(placement, revision, resources)


def results(summary: Summary) -> list[tuple[str, Verb, Result]]:
    return [(o.id, o.verb, o.result) for r in summary.results for o in r.outcomes]


def test_a_first_pass_creates_and_a_second_has_nothing_to_do(house: House) -> None:
    first = house.apply(want("a", "b"))
    assert results(first) == [("a", Verb.CREATE, Result.DONE), ("b", Verb.CREATE, Result.DONE)]
    assert (first.exit_code, first.error) == (0, "")
    assert first.entry is not None

    second = house.apply(want("a", "b"))
    assert (results(second), second.exit_code, second.entry) == ([], 0, None)
    assert len(house.evidence.runs) == 1


def test_one_statement_names_the_commit_and_accounts_for_every_action(house: House) -> None:
    names = [f"thing/{n}" for n in range(1100)]
    house.apply(want(*names))

    (run,) = house.evidence.runs
    assert [s.to_json() for s in run.subjects] == [
        {"name": "revision", "digest": {"gitCommit": COMMIT}}
    ]
    planned = [
        a["id"] for record in house.evidence.records("plan") for a in record.payload["actions"]
    ]
    received = [
        o["id"] for record in house.evidence.records("receipt") for o in record.payload["outcomes"]
    ]
    assert planned == received == names
    assert len(house.evidence.records("receipt")) == 5
    assert run.outcome == "done"
    assert run.summary == "1100 of 1100 actions done on 1 placements"


def test_an_intent_is_durable_before_the_first_request_and_proven_before_that(house: House) -> None:
    seen: list[tuple[int, int, frozenset[str]]] = []

    def look(action: Action) -> None:
        inventory = frozenset(house.east.inventories[ACME.name])
        intents = house.store.open_intents(ACME)
        seen.append((len(house.evidence.records("plan")), len(intents), inventory))

    house.east.on_act = look
    house.apply(want("a", "b"))
    assert seen == [(1, 2, frozenset({"a", "b"}))] * 2


def test_what_goes_is_pruned_last_and_leaves_the_inventory(house: House) -> None:
    house.apply(want("a", "b"))
    summary = house.apply(want("c", revision="cd" * 20))
    assert results(summary) == [
        ("c", Verb.CREATE, Result.DONE),
        ("a", Verb.PRUNE, Result.DONE),
        ("b", Verb.PRUNE, Result.DONE),
    ]
    assert house.east.inventories == {"acme/prod": {"c"}}
    assert set(house.store.applied(ACME)) == {"c"}


def test_nothing_is_pruned_after_a_failure(house: House) -> None:
    house.apply(want("a"))
    house.east.failing = {"b": Result.FAILED}
    summary = house.apply(want("b"))
    assert results(summary) == [
        ("b", Verb.CREATE, Result.FAILED),
        ("a", Verb.PRUNE, Result.SKIPPED),
    ]
    assert "held back" in summary.results[0].outcomes[1].detail
    assert (ACME.name, "a") in house.east.held
    assert summary.exit_code == 5

    house.east.failing = {}
    assert house.apply(want("b")).exit_code == 0
    assert set(house.east.held) == {(ACME.name, "b")}


def test_one_placement_that_fails_stops_no_other(house: House) -> None:
    house.east.failing_placements = {ACME.name}
    west = Placement("acme/eu", "west")
    summary = house.apply(want("a"), want("a", placement=BRAVO), want("a", placement=west))
    assert [(str(r.placement), r.clean) for r in summary.results] == [
        ("acme/eu@west", True),
        ("acme/prod@east", False),
        ("bravo/prod@east", True),
    ]
    assert summary.exit_code == 5
    assert "does not answer" in summary.results[1].error
    status = house.store.status(ACME)
    assert status is not None
    assert (status.phase, status.applied) == (Phase.UNREACHABLE, "")
    assert [record.subject for record in house.evidence.records("failure")] == [str(ACME)]


def test_a_target_that_cannot_be_had_is_a_failure_of_its_placements(house: House) -> None:
    class OtherRootError(Exception):
        remedy = "write it down"

    def target_of(name: str) -> Target:
        if name == "west":
            raise OtherRootError("no way to west")
        return house.east

    house.target_of = target_of  # type: ignore[method-assign]
    house.reconciler._target_of = target_of
    summary = house.apply(want("a"), want("a", placement=Placement("acme/eu", "west")))
    failed, fine = summary.results
    assert (failed.error, failed.remedy, failed.fault) == ("no way to west", "write it down", False)
    assert fine.clean
    assert summary.exit_code == 5


def test_a_fault_of_ours_stops_no_other_and_says_so(house: House) -> None:
    def explode(action: Action) -> None:
        if action.id == "boom":
            raise ZeroDivisionError("oops")

    house.east.on_act = explode
    summary = house.apply(want("boom"), want("a", placement=BRAVO))
    assert [r.clean for r in summary.results] == [False, True]
    assert summary.results[0].error == "ZeroDivisionError: oops"
    assert summary.exit_code == 70


def test_a_conflict_is_an_obstacle_until_it_is_taken(house: House) -> None:
    house.east.plant(ACME, "a", "sha256:theirs")
    summary = house.apply(want("a"))
    assert (results(summary), summary.exit_code) == ([], 5)
    status = house.store.status(ACME)
    assert status is not None
    assert (status.phase, status.troubles[0].detail) == (Phase.BLOCKED, "owned by them")
    statements = len(house.evidence.runs)
    house.apply(want("a"))
    assert len(house.evidence.runs) == statements, "no news, no statement"

    taken = house.apply(want("a"), plan=PlanOptions(take_conflicts=True))
    assert results(taken) == [("a", Verb.TAKE, Result.DONE)]
    assert taken.exit_code == 0


def test_how_somebody_elses_object_fares_makes_no_placement_fail(house: House) -> None:
    """A target looks for what bears our mark, and so does not find what is theirs."""
    house.east.plant(ACME, "a", "sha256:theirs")
    found = house.east.health
    asked: list[str] = []

    def health(placement: Placement, resources: Iterable[Resource]) -> Iterator[Health]:
        some = list(resources)
        asked.extend(resource.id for resource in some)
        return found(placement, some)

    house.east.health = health  # type: ignore[method-assign]
    house.apply(want("a", "b"))
    status = house.store.status(ACME)
    assert status is not None
    assert (asked, status.phase) == (["b"], Phase.BLOCKED)


def test_drift_is_healed_and_recorded_as_that(house: House) -> None:
    house.apply(want("a"))
    house.east.tamper(ACME, "a")
    summary = house.apply(want("a"), kind="heal")
    assert results(summary) == [("a", Verb.HEAL, Result.DONE)]
    run = house.evidence.runs[-1]
    assert (run.kind, [r.kind for r in run.records]) == ("heal", ["plan", "receipt"])
    assert run.records[0].payload["actions"][0]["changes"][0]["path"] == "digest"


def test_what_was_deleted_is_drift_and_what_was_never_made_is_not(house: House) -> None:
    house.apply(want("a"))
    house.east.failing["b"] = Result.FAILED
    house.apply(want("a", "b"))  # b is in the inventory, and was never made
    del house.east.held[ACME.name, "a"]
    house.apply(want("a", "b"), kind="heal")
    made = [event.plan for event in house.events if isinstance(event, Planned)][-1]
    assert {a.id: (a.verb, a.is_drift) for a in made.actions} == {
        "a": (Verb.CREATE, True),
        "b": (Verb.CREATE, False),
    }
    assert made.actions[0].reason == "deleted by somebody since it was applied"


def test_nothing_is_written_while_the_state_store_is_away(house: House) -> None:
    house.store.away = True
    with pytest.raises(StateUnavailableError):
        house.apply(want("a"))
    assert house.east.held == {}
    assert house.east.inventories == {}
    assert house.evidence.runs == []


def test_nothing_is_written_while_evidence_cannot_be(house: House) -> None:
    house.evidence.away = True
    with pytest.raises(EvidenceUnavailableError, match="disk is full") as caught:
        house.apply(want("a"))
    assert caught.value.remedy == "make room"
    assert house.east.held == {}


def test_when_the_store_goes_away_on_the_way_the_next_pass_accounts_for_it(house: House) -> None:
    names = [f"thing/{n}" for n in range(600)]
    house.store.away_after = 3
    summary = house.apply(want(*names))
    (result,) = summary.results
    assert "database is away" in result.error
    assert summary.exit_code == 5
    assert len(house.east.held) == 500, "no further than the batch that could not be remembered"

    house.store.away = False
    again = house.apply(want(*names))
    assert [s.intent.run for s in again.results[0].settled] == ["run-1"] * 350
    assert {s.found for s in again.results[0].settled} == {
        "in-sync",
        "absent",
    }
    assert again.exit_code == 0
    recovered = [i for r in house.evidence.records("recovery") for i in r.payload["intents"]]
    assert {i["id"] for i in recovered} == set(names[250:])
    assert house.store.open_intents(ACME) == []


def test_what_was_emptied_and_is_filled_again_is_known_to_hold_something_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody declares it any more when the next pass comes: what was left must still be found."""
    house.apply(want("a"))
    house.apply(Desired(ACME, COMMIT, (), abandoned=True))
    empty = house.store.status(ACME)
    assert empty is not None
    assert empty.phase is Phase.CONVERGED

    monkeypatch.setattr(house.store, "conclude", lambda *_: house.store._reach())
    house.store.away_after = 2  # the pass begins, and can say nothing of how it went
    assert house.apply(want("a", "b", revision="cd" * 20)).exit_code != 0

    left = house.store.status(ACME)
    assert left is not None
    assert (left.phase, left.revision, left.applied) == (Phase.PROGRESSING, "cd" * 20, COMMIT)


def test_what_could_not_be_looked_up_stays_open(house: House) -> None:
    def die(action: Action) -> None:
        raise KeyboardInterrupt

    house.east.on_act = die
    with pytest.raises(KeyboardInterrupt):
        house.apply(want("a"))
    house.east.on_act = lambda _: None
    house.east.unknown = {"a"}
    assert house.apply(want("a")).results[0].settled == ()
    house.east.unknown = set()
    (settlement,) = house.apply(want("a")).results[0].settled
    assert settlement.found == "absent"


def test_a_run_that_lost_its_lease_stops(house: House) -> None:
    def take_over(action: Action) -> None:
        if action.id == "thing/250":
            lease = house.store.acquire(ACME, "run-1")
            assert lease.fence > 1

    house.east.on_act = take_over
    summary = house.apply(want(*(f"thing/{n}" for n in range(800))))
    assert "taken it over" in summary.results[0].error
    assert len(house.east.held) < 800


def test_a_run_that_was_stopped_for_longer_than_its_lease_writes_nothing_more(
    house: House,
) -> None:
    def stopped(action: Action) -> None:
        if action.id == "thing/2":
            house.now += timedelta(seconds=house.store.lease_seconds)

    house.east.on_act = stopped
    summary = house.apply(want(*(f"thing/{n}" for n in range(5))))
    assert [written for written, _ in house.east.written] == ["thing/0", "thing/1"]
    assert "did not keep its leases" in summary.results[0].error
    house.east.on_act = lambda _: None
    assert house.apply(want(*(f"thing/{n}" for n in range(5)))).exit_code == 0


def test_what_another_process_applied_later_is_left_as_it_is(house: House) -> None:
    """One that knows an older revision would take it for drift, and put the old one back."""
    newer = "cd" * 20
    house.apply(want("a", value="2", revision=newer))
    stands, written = house.store.status(ACME), list(house.east.written)
    asked: list[tuple[str, str]] = []

    def may_follow(revision: str, last: PlacementStatus) -> bool:
        asked.append((revision, last.revision))
        return False

    summary = house.apply(want("a"), may_follow=may_follow)
    assert asked == [(COMMIT, newer)]
    assert (house.east.written, house.store.status(ACME)) == (written, stands)
    assert "another process has applied cdcdcdcdcdcd" in summary.results[0].error
    assert summary.exit_code == 5
    assert house.apply(want("a", value="2", revision=newer), may_follow=may_follow).exit_code == 0


def test_two_passes_do_not_work_on_one_placement(house: House) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold(action: Action) -> None:
        inside.set()
        leave.wait(10)

    house.east.on_act = hold
    first = threading.Thread(target=house.apply, args=(want("a"),))
    first.start()
    assert inside.wait(10)
    try:
        summary = house.apply(want("a"), want("a", placement=Placement("acme/eu", "west")))
    finally:
        leave.set()
        first.join()
    assert [(r.clean, "at work" in r.error) for r in summary.results] == [
        (True, False),
        (False, True),
    ]
    assert house.apply(want("a")).exit_code == 0


def test_a_claim_that_fails_leaves_nothing_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ReconcilerError("the inventory is full", remedy="make room")

    monkeypatch.setattr(house.east, "claim", refuse)
    summary = house.apply(want("a"))
    assert results(summary) == [("a", Verb.CREATE, Result.SKIPPED)]
    assert "inventory is full" in summary.results[0].outcomes[0].detail
    assert house.east.held == {}
    assert house.store.open_intents(ACME) == []


def test_nothing_is_released_in_a_pass_that_could_not_claim(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.apply(want("old"))
    house.east.held.clear()  # as if it had been renamed: gone under its old id

    def refuse(*_: Any) -> None:
        raise ReconcilerError("busy", remedy="wait")

    monkeypatch.setattr(house.east, "claim", refuse)
    summary = house.apply(want("new"))

    assert results(summary) == [
        ("new", Verb.CREATE, Result.SKIPPED),
        ("old", Verb.FORGET, Result.SKIPPED),
    ]
    assert house.east.inventories["acme/prod"] == {"old"}
    assert house.store.open_intents(ACME) == []


def test_a_target_that_does_not_answer_for_an_action_is_found_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.east, "act", lambda *_: iter(()))
    summary = house.apply(want("a"))
    assert [o.detail for o in summary.results[0].outcomes] == ["the target gave no answer"]
    assert summary.exit_code == 5


def test_a_stopped_pass_finishes_what_it_began(house: House) -> None:
    begun: list[str] = []
    house.east.on_act = lambda action: begun.append(action.id)
    placements = [Placement(f"p{n}", "east") for n in range(20)]
    summary = house.reconciler.apply(
        [want("a", "b", placement=p) for p in placements],
        ApplyOptions(width=1),
        stop=lambda: len(begun) > 0,
    )
    tried = [r for r in summary.results if r.tried]
    assert len(tried) == 1
    assert tried[0].clean
    assert begun == ["a", "b"]
    assert summary.exit_code == 5


def test_an_unprovable_end_is_said(house: House) -> None:
    house.apply(want("a"))
    original = house.evidence.begin

    def begin(**fields: Any) -> Any:
        run = original(**fields)

        def close(**_: Any) -> Any:
            raise OSError(28, "No space left on device")

        run.close = close  # type: ignore[method-assign]
        return run

    house.evidence.begin = begin  # type: ignore[method-assign]
    summary = house.apply(want("b"))
    assert "No space left" in summary.error
    assert summary.exit_code == 5


def test_listeners_hear_of_everything(house: House) -> None:
    house.apply(want("a"))
    kinds = [type(event) for event in house.events]
    assert kinds == [Planned, Acted, Finished, PassFinished]
    finished = house.events[2]
    assert isinstance(finished, Finished)
    assert finished.status is not None
    assert finished.status.phase is Phase.CONVERGED


def test_a_status_keeps_what_was_applied_last(house: House) -> None:
    house.apply(want("a"))
    house.east.failing = {"b": Result.FAILED}
    house.apply(want("a", "b", revision="cd" * 20))
    status = house.store.status(ACME)
    assert isinstance(status, PlacementStatus)
    assert (status.revision, status.applied, status.phase) == ("cd" * 20, COMMIT, Phase.FAILED)


def test_records_are_fit_for_evidence(house: House) -> None:
    big = Resource.of("a", {"value": "x"})
    house.apply(Desired(ACME, "working tree\nof somebody", (big,)))
    for record in house.evidence.runs[0].records:
        assert isinstance(record, Record)
        assert record.data
    assert house.evidence.runs[0].subjects[0].digest.keys() == {"sha256"}
