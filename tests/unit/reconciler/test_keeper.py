"""How long a run may take its leases for its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from reconciler.errors import LeaseLostError, StateUnavailableError
from reconciler.keeper import Keeper
from reconciler.state.base import StateStore


class Times:
    """A clock, and a store whose leases last 30 seconds."""

    lease_seconds = 30.0

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.renewed = 0
        self.away = False
        self.keeper = Keeper(cast("StateStore", self), "run-1", lambda: self.now)

    def renew(self, run: str) -> None:
        if self.away:
            raise StateUnavailableError("away", remedy="start it")
        self.renewed += 1

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def times() -> Times:
    return Times()


def test_leases_that_are_renewed_in_time_are_kept(times: Times) -> None:
    for _ in range(10):
        times.later(15)
        times.keeper.check()
        times.keeper.renew()
    times.later(19)
    times.keeper.check()


def test_what_was_not_renewed_in_time_is_lost_before_another_can_have_it(times: Times) -> None:
    times.later(20)
    with pytest.raises(LeaseLostError):
        times.keeper.check()


def test_a_process_that_was_stopped_does_not_renew_what_another_may_have(times: Times) -> None:
    times.later(60)
    times.keeper.renew()  # its thread woke up first
    assert times.renewed == 0
    with pytest.raises(LeaseLostError):
        times.keeper.check()


def test_while_the_store_is_away_nothing_goes_on_and_afterwards_it_does(times: Times) -> None:
    times.away = True
    times.keeper.renew()
    with pytest.raises(StateUnavailableError):
        times.keeper.check()
    times.away = False
    times.later(10)
    times.keeper.renew()
    times.keeper.check()
