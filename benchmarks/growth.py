"""How long a change of one tenant takes on 1,000 and on 100,000 tenants: as long, is the aim."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.judged import FRESH, RESTORED, WARM, Subject, figure
from benchmarks.report import Comparison, Report, Sample
from benchmarks.settings import Settings

FLAT = 2.0  # times as long at most


def run(settings: Settings) -> Report:
    """Gate a change of a small and of a large fleet, and compare."""
    return compared("growth", settings, (FRESH, WARM, RESTORED), FLAT)


def compared(name: str, settings: Settings, asked: Sequence[str], aim: float) -> Report:
    """Return how many times as long each way of asking takes, once each, below `aim`."""
    sizes = settings.choose(1_000, 30), settings.choose(100_000, 60)
    small, large = (_asked(settings, size, asked) for size in sizes)
    return Report(
        name,
        {"tenants": f"{sizes[0]:,} and {sizes[1]:,}"},
        [
            Sample(f"{what}, {size:,} tenants", 0, found[what].usage, found[what].details)
            for size, found in zip(sizes, (small, large), strict=True)
            for what in asked
        ],
        [
            Comparison(
                f"{what}, times as long",
                large[what].usage.wall / small[what].usage.wall,
                aim,
                below=True,
            )
            for what in asked
        ],
        [figure(size, found.values()) for size, found in zip(sizes, (small, large), strict=True)],
    )


def _asked(settings: Settings, count: int, asked: Sequence[str]) -> dict[str, Sample]:
    subject = Subject(settings, count)
    found = {}
    for what in asked:
        settings.say(f"  {count:,} tenants: {what}")
        found[what] = Sample(what, 0, *subject.ask(what))
    subject.remove()
    return found
