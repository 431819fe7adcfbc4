"""Which environments are frozen at a moment, worked out with time zones before rules are asked.

Rego evaluators differ in what they know of time zones, so rules receive the answer: the windows
that are open, and when each of the others opens next, as part of the `time` of an envelope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from controlplane.resources.common import Weekly, Window
from controlplane.resources.environment import Environment
from evidence.canonical import Json

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def clock(now: datetime, environments: Iterable[Environment]) -> Json:
    """Return the `time` of an envelope: the moment, and every freeze window about it.

    `now` carries a zone. {"text", "epochSeconds", "frozen": [{"environment", "name", "exempt",
    "until"}…], "upcoming": [{"environment", "name", "exempt", "from"}…]}, each sorted by
    environment and name. A window is in one of the two, or over for ever.
    """
    frozen: list[Json] = []
    upcoming: list[Json] = []
    for environment in sorted(environments, key=lambda found: found.metadata.name):
        for window in sorted(environment.spec.freeze_windows, key=lambda found: found.name):
            named = {
                "environment": environment.metadata.name,
                "name": window.name,
                "exempt": list(window.exempt),
            }
            if (until := open_until(window, now)) is not None:
                frozen.append({**named, "until": moment(until)})
            elif (opens := opens_next(window, now)) is not None:
                upcoming.append({**named, "from": moment(opens)})
    return {**moment(now), "frozen": frozen, "upcoming": upcoming}


def moment(when: datetime) -> dict[str, str | int]:
    """Return a moment as rules see it: text in UTC to the second, and seconds since 1970."""
    exact = when.astimezone(UTC).replace(microsecond=0)
    return {
        "text": exact.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "epochSeconds": int(exact.timestamp()),
    }


def open_until(window: Window, now: datetime) -> datetime | None:
    """Return when the window that is open at `now` closes; None where it is not open."""
    if window.starts is not None and window.ends is not None:
        inside = window.starts.moment <= now < window.ends.moment
        return window.ends.moment if inside else None
    if window.weekly is None:
        return None
    zone = ZoneInfo(window.time_zone)
    closings = [end for start, end in _openings(window.weekly, now, zone) if start <= now < end]
    return max(closings, default=None)


def opens_next(window: Window, now: datetime) -> datetime | None:
    """Return when a window that is not open at `now` opens; None where it never does again."""
    if window.starts is not None:
        return window.starts.moment if now < window.starts.moment else None
    if window.weekly is None:
        return None
    zone = ZoneInfo(window.time_zone)
    starts = (start for start, _ in _openings(window.weekly, now, zone) if start > now)
    return min(starts, default=None)


def _openings(weekly: Weekly, now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the openings of about a week before and after `now`; a window is at most that long.

    The opening is local wall-clock time. How long it lasts is counted on the wall and in real
    seconds, and the later end counts: a freeze is over by either reading.
    """
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for away in range(-8, 9):
        day = today + timedelta(days=away)
        if WEEKDAYS[day.weekday()] in weekly.days:
            local = day + timedelta(minutes=weekly.opens.minutes)
            start = local.replace(tzinfo=zone).astimezone(UTC)
            lasts = timedelta(seconds=weekly.lasts.seconds)
            on_the_wall = (local + lasts).replace(tzinfo=zone, fold=1).astimezone(UTC)
            yield start, max(start + lasts, on_the_wall)
