"""A freeze holds in the zone it was agreed in, across midnight and summer time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.operations.freezes import clock, open_until, opens_next
from controlplane.resources import parse
from controlplane.resources.environment import Environment


def environment(*windows: object) -> Environment:
    found = parse(
        {
            "apiVersion": "controlplane.dev/v1alpha1",
            "kind": "Environment",
            "metadata": {"name": "prod"},
            "spec": {"freezeWindows": list(windows)},
        }
    )
    assert isinstance(found, Environment)
    return found


DATED = {"name": "year end", "starts": "2026-12-20T00:00:00Z", "ends": "2027-01-04T06:00:00Z"}
WEEKEND = {
    "name": "weekend",
    "timeZone": "Europe/Berlin",
    "weekly": {"days": ["friday"], "opens": "16:00", "lasts": "64h"},
}


def frozen(window: object, at: str) -> bool:
    return (
        open_until(environment(window).spec.freeze_windows[0], datetime.fromisoformat(at))
        is not None
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-19T23:59:59Z", False),
        ("2026-12-20T00:00:00Z", True),
        ("2027-01-04T05:59:59Z", True),
        ("2027-01-04T06:00:00Z", False),
    ],
)
def test_a_dated_window_includes_its_start_and_not_its_end(at: str, expected: bool) -> None:
    assert frozen(DATED, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T14:59:59Z", False),  # Friday 15:59 in Berlin, winter
        ("2026-11-20T15:00:00Z", True),
        ("2026-11-22T12:00:00Z", True),  # Sunday
        ("2026-11-23T06:59:59Z", True),  # Monday 07:59
        ("2026-11-23T07:00:00Z", False),
        ("2026-07-03T13:59:59Z", False),  # Friday 15:59 in Berlin, summer
        ("2026-07-03T14:00:00Z", True),
    ],
)
def test_a_weekly_window_opens_by_the_clock_on_the_wall(at: str, expected: bool) -> None:
    assert frozen(WEEKEND, at) is expected


NIGHT = {
    "name": "night of the change",
    "timeZone": "Europe/Berlin",
    "weekly": {"days": ["saturday"], "opens": "22:00", "lasts": "10h"},
}
SKIPPED = {
    "name": "in the hour that is left out",
    "timeZone": "Europe/Berlin",
    "weekly": {"days": ["sunday"], "opens": "02:30", "lasts": "1h"},
}

ALWAYS = {
    "name": "every day",
    "timeZone": "Europe/Berlin",
    "weekly": {
        "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        "opens": "00:00",
        "lasts": "1d",
    },
}


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        # Sunday 2026-03-29, Berlin: 02:00 becomes 03:00. Ten hours from 22:00 end at 09:00.
        (NIGHT, "2026-03-28T20:59:59Z", False),
        (NIGHT, "2026-03-28T21:00:00Z", True),
        (NIGHT, "2026-03-29T00:59:59Z", True),
        (NIGHT, "2026-03-29T01:00:00Z", True),
        (NIGHT, "2026-03-29T06:59:59Z", True),
        (NIGHT, "2026-03-29T07:00:00Z", False),
        # Sunday 2026-10-25: 03:00 becomes 02:00. It is 08:00 after eleven hours.
        (NIGHT, "2026-10-24T19:59:59Z", False),
        (NIGHT, "2026-10-24T20:00:00Z", True),
        (NIGHT, "2026-10-25T00:30:00Z", True),
        (NIGHT, "2026-10-25T01:30:00Z", True),  # 02:30 for the second time
        (NIGHT, "2026-10-25T06:59:59Z", True),
        (NIGHT, "2026-10-25T07:00:00Z", False),
        # From Friday 16:00 to Monday 08:00 on the wall, whatever the clocks did on Sunday.
        (WEEKEND, "2026-10-26T06:59:59Z", True),
        (WEEKEND, "2026-10-26T07:00:00Z", False),
        # A whole day, every day, leaves no hour open.
        (ALWAYS, "2026-10-25T22:30:00Z", True),
        (ALWAYS, "2026-03-29T21:30:00Z", True),
        # 02:30 does not exist on that Sunday; the window opens when it would have, at 03:30.
        (SKIPPED, "2026-03-29T01:29:59Z", False),
        (SKIPPED, "2026-03-29T01:30:00Z", True),
        (SKIPPED, "2026-03-29T02:30:00Z", False),
        # 02:30 comes twice in autumn; it opens at the first, once, and closes at 03:30.
        (SKIPPED, "2026-10-25T00:29:59Z", False),
        (SKIPPED, "2026-10-25T00:30:00Z", True),
        (SKIPPED, "2026-10-25T01:30:00Z", True),
        (SKIPPED, "2026-10-25T02:30:00Z", False),
    ],
)
def test_a_freeze_holds_through_a_change_of_summer_time(
    window: object, at: str, expected: bool
) -> None:
    assert frozen(window, at) is expected


def test_the_clock_tells_rules_what_is_open() -> None:
    time = clock(datetime.fromisoformat("2026-12-24T12:00:00+01:00"), [environment(DATED, WEEKEND)])
    assert time == {
        "text": "2026-12-24T11:00:00Z",
        "epochSeconds": 1798110000,
        "frozen": [
            {
                "environment": "prod",
                "name": "year end",
                "exempt": ["emergency"],
                "until": {"text": "2027-01-04T06:00:00Z", "epochSeconds": 1799042400},
            }
        ],
        "upcoming": [
            {
                "environment": "prod",
                "name": "weekend",
                "exempt": ["emergency"],
                "from": {"text": "2026-12-25T15:00:00Z", "epochSeconds": 1798210800},
            }
        ],
    }


def test_a_window_that_is_over_for_ever_is_not_told() -> None:
    time = clock(datetime.fromisoformat("2028-01-01T00:00:00Z"), [environment(DATED)])
    assert isinstance(time, dict)
    assert (time["frozen"], time["upcoming"]) == ([], [])


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-19T23:59:59Z", "2026-12-20T00:00:00+00:00"),
        ("2027-01-04T06:00:00Z", None),
    ],
)
def test_when_a_dated_window_opens(at: str, expected: str | None) -> None:
    window = environment(DATED).spec.freeze_windows[0]
    opens = opens_next(window, datetime.fromisoformat(at))
    assert (opens.isoformat() if opens else None) == expected


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_a_weekly_window_opens_within_the_week_and_not_before(naive: datetime) -> None:
    now = naive.astimezone()
    window = environment(WEEKEND).spec.freeze_windows[0]
    if open_until(window, now) is None:
        opens = opens_next(window, now)
        assert opens is not None
        assert now < opens <= now + timedelta(days=7, hours=1)  # an hour for summer time
        assert open_until(window, opens - timedelta(seconds=1)) is None
        assert open_until(window, opens) is not None


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_an_open_window_closes_later_and_is_closed_then(naive: datetime) -> None:
    now = naive.astimezone()
    window = environment(WEEKEND).spec.freeze_windows[0]
    until = open_until(window, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=65)  # an hour for summer time
        assert open_until(window, until) is None
