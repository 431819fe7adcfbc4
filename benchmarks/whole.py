"""How long the whole repository takes, cold, at 1,000 and at 100,000 tenants: linear, is the aim.

100,000 tenants take a quarter of an hour and 18 GiB of memory.
"""

from __future__ import annotations

from benchmarks.growth import compared
from benchmarks.judged import COLD
from benchmarks.report import Report
from benchmarks.settings import Settings

LINEAR = 120.0  # times as long at most, for a hundred times the fleet


def run(settings: Settings) -> Report:
    """Gate a small and a large fleet, and compare."""
    return compared("whole", settings, (COLD,), LINEAR)
