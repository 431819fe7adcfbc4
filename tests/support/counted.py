"""Prints at the end of a run what tests counted. A pytest plugin.

A test says `record_property("counted: crash points, directory", 125)`; what is "summed: …" is added
up over all tests.
"""

from __future__ import annotations

from collections import Counter

import pytest

PREFIX = "counted: "
SUMMED = "summed: "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was counted."""
    found = {
        name.removeprefix(PREFIX): number
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, number in getattr(report, "user_properties", ())
        if name.startswith(PREFIX)
    }
    totals: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, number in getattr(report, "user_properties", ()):
                if name.startswith(SUMMED) and report.when == "call":
                    totals[name.removeprefix(SUMMED)] += number
    found |= {name: number for name, number in totals.items() if number}
    if found:
        terminalreporter.section("counted")
    for name, number in sorted(found.items()):
        terminalreporter.write_line(f"{name}: {number}")
