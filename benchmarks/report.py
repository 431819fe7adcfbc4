"""What a benchmark found: every sample, the ratios of medians, and the aim beside each.

Pure, but for `save`. A ratio says how many times as fast ours is as the other; an aim is met or
missed by so many per cent.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Usage

Json = Any


@dataclass(frozen=True)
class Sample:
    """One measured piece of work: who did it, in which round, what it cost."""

    client: str
    run: int
    usage: Usage
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """A ratio and what was aimed at: at least `aim`, or below it where `below`."""

    what: str
    ratio: float
    aim: float
    below: bool = False

    @property
    def met(self) -> bool:
        """Whether the aim was reached."""
        return self.ratio < self.aim if self.below else self.ratio >= self.aim

    def verdict(self) -> str:
        """Say by how much the aim was met or missed, in per cent of the aim."""
        off = (self.aim - self.ratio if self.below else self.ratio - self.aim) / self.aim
        return f"{'met' if self.met else 'missed'} by {abs(off):.0%}"


@dataclass(frozen=True)
class Report:
    """One benchmark. `figures` are lines of plain text: what has no peer to be compared with."""

    name: str
    settings: Mapping[str, Json]
    samples: Sequence[Sample]
    comparisons: Sequence[Comparison] = ()
    figures: Sequence[str] = ()


def median(samples: Sequence[Sample], client: str) -> float:
    """The median wall clock of one client, in seconds."""
    return statistics.median(s.usage.wall for s in samples if s.client == client)


def percentile(values: Sequence[float], rank: int) -> float:
    """The smallest value that at least `rank` per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-rank * len(ordered) // 100) - 1)]


def table(report: Report) -> str:
    """The report as text: one line a client, then one a comparison, then the figures."""
    lines = [f"{report.name}: {_settings(report.settings)}", ""]
    lines.append(f"  {'client':<44}{'runs':>5}{'median':>11}{'range':>24}{'CPU':>9}{'peak':>10}")
    clients = dict.fromkeys(sample.client for sample in report.samples)
    lines += [_client(c, [s.usage for s in report.samples if s.client == c]) for c in clients]
    if report.comparisons:
        lines += ["", f"  {'ratio of medians':<72}{'measured':>10}{'aim':>9}"]
    for found in report.comparisons:
        aim = f"{'<' if found.below else '≥'} {found.aim:g}"
        lines.append(f"  {found.what:<72}{found.ratio:>10.2f}{aim:>9}  {found.verdict()}")
    lines += ["", *(f"  {line}" for line in report.figures)] if report.figures else []
    return "\n".join(lines) + "\n"


def save(report: Report, about: Mapping[str, Json], directory: Path) -> Path:
    """Write everything that was measured as `<name>.json` and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{report.name}.json"
    document = {
        "benchmark": report.name,
        **about,
        "settings": dict(report.settings),
        "order": [sample.client for sample in report.samples],
        "samples": [asdict(sample) for sample in report.samples],
        "comparisons": [
            {**asdict(found), "met": found.met, "verdict": found.verdict()}
            for found in report.comparisons
        ],
        "figures": list(report.figures),
    }
    path.write_text(json.dumps(_rounded(document), indent=1) + "\n", encoding="utf-8")
    return path


def _client(name: str, usages: Sequence[Usage]) -> str:
    walls = [usage.wall for usage in usages]
    spread = f"{_seconds(min(walls))} to {_seconds(max(walls))}"
    cpu = statistics.median(usage.cpu for usage in usages)
    peak = max(usage.peak_mib for usage in usages)
    return (
        f"  {name:<44}{len(walls):>5}{_seconds(statistics.median(walls)):>11}{spread:>24}"
        f"{_seconds(cpu):>9}{f'{peak:.0f} MiB' if peak else '':>10}"
    )


def _seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _settings(settings: Mapping[str, Json]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _rounded(value: Json) -> Json:
    """Microseconds are enough."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
