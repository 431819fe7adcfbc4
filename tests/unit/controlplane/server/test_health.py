"""Readiness and gauges: what makes the reconciler unready, and what is only said."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from prometheus_client.parser import text_string_to_metric_families

from controlplane.operations.following import Following
from controlplane.server import health
from controlplane.server.health import Health, Sources
from reconciler.errors import StateUnavailableError
from reconciler.loop import TargetState
from reconciler.metrics import Metrics
from tests.support.waiting import eventually

WELL = TargetState(reachable=True, observing_only=False, last_pass=1.0)


@dataclass
class House:
    away: bool = False
    following: Following = field(default_factory=lambda: Following("aaa", "aaa", since=5.0))
    targets: dict[str, TargetState] = field(default_factory=lambda: {"eu": WELL})
    now: float = 100.0
    checks: int = 0

    def check(self) -> None:
        self.checks += 1
        if self.away:
            raise StateUnavailableError("the database\nis away", remedy="start it")

    def health(self) -> Health:
        return Health(
            Sources(self.check, lambda: self.following, lambda: self.targets, lambda: self.now)
        )


def test_all_is_well() -> None:
    assert House().health().ready() == (True, "in force: aaa")


@pytest.mark.parametrize(
    ("house", "word"),
    [
        (House(away=True), "observing only: the database is away"),
        (House(following=Following()), "no revision is in force yet"),
        (
            House(targets={"eu": TargetState(True, True, None, "the evidence is away")}),
            "observing only eu: the evidence is away",
        ),
    ],
)
def test_what_makes_it_unready(house: House, word: str) -> None:
    well, words = house.health().ready()
    assert not well
    assert word in words


@pytest.mark.parametrize(
    ("house", "word"),
    [
        (House(following=Following("aaa", "bbb", refused="nobody judged it")), "bbb: nobody"),
        (House(following=Following("aaa", source="no answer")), "cannot be followed: no answer"),
        (House(following=Following("aaa", unrendered=2)), "2 problems"),
        (House(targets={"eu": TargetState(False, False, None, "no route")}), "eu does not answer"),
    ],
)
def test_what_is_only_said(house: House, word: str) -> None:
    well, words = house.health().ready()
    assert well
    assert word in words


def test_the_state_store_is_asked_once_a_second() -> None:
    house = House()
    health = house.health()
    health.ready()
    health.ready()
    assert house.checks == 1
    house.now, house.away = 101.0, True
    assert health.ready()[0] is False
    assert house.checks == 2


def test_the_gauges_say_the_same() -> None:
    house = House(away=True, following=Following("aaa", "bbb", refused="no", since=5.0))
    house.targets = {"eu": TargetState(False, False, None), "us": WELL}
    metrics = Metrics()
    house.health().add_to(metrics)
    found = {
        family.name.removeprefix("controlplane_"): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    expected = {
        "state_store_up": 0,
        "source_up": 1,
        "revision_refused": 1,
        "targets_unreachable": 1,
    }
    assert expected.items() <= found.items()
    assert found["revision_taken_up_timestamp_seconds"] == 5.0


def test_a_store_that_says_nothing_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.05)
    answer = threading.Event()

    def hang() -> None:
        answer.wait(10)

    following = Following("aaa", "aaa", since=5.0)
    asked = Health(Sources(hang, lambda: following, dict, lambda: 1.0))
    for _ in range(3):
        well, words = asked.ready()
        assert (well, words.splitlines()[0]) == (
            False,
            "observing only: the state store does not answer",
        )
    answer.set()
    eventually(lambda: asked.ready()[0])
