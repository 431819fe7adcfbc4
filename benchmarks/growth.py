"""How `cpctl gate` grows with the fleet: from 1,000 to 100,000 tenants, each way of asking once.

The whole repository should take as many times as long as it is larger, a pull request as long as
before. 100,000 tenants take a quarter of an hour and 18 GiB of memory.
"""

from __future__ import annotations

from benchmarks.judged import COLD, FRESH, RESTORED, WARM, Subject, figure
from benchmarks.report import Comparison, Report, Sample
from benchmarks.settings import Settings

LINEAR, FLAT = 1.2, 2.0  # times as long as linear, and as at the smaller size


def run(settings: Settings) -> Report:
    """Gate a small and a large fleet, and compare."""
    sizes = settings.choose(1_000, 30), settings.choose(100_000, 60)
    small, large = (_asked(settings, size) for size in sizes)
    wall = {
        what: large[what].usage.wall / small[what].usage.wall
        for what in (COLD, FRESH, WARM, RESTORED)
    }
    times = sizes[1] / sizes[0]
    return Report(
        "growth",
        {"tenants": f"{sizes[0]:,} and {sizes[1]:,}"},
        [
            Sample(f"{what}, {size:,} tenants", 0, each.usage, each.details)
            for size, found in zip(sizes, (small, large), strict=True)
            for what, each in found.items()
        ],
        [
            Comparison(
                f"{what}, times as long",
                ratio,
                LINEAR * times if what == COLD else FLAT,
                below=True,
            )
            for what, ratio in wall.items()
        ],
        [figure(size, found.values()) for size, found in zip(sizes, (small, large), strict=True)],
    )


def _asked(settings: Settings, count: int) -> dict[str, Sample]:
    subject = Subject(settings, count)
    found = {}
    for what in (COLD, FRESH, WARM, RESTORED):
        settings.say(f"  {count:,} tenants: {what}")
        found[what] = Sample(what, 0, *subject.ask(what))
    subject.remove()
    return found
