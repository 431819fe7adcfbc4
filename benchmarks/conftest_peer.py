"""conftest on every envelope of a repository: what a user without the gate would run.

It has no means to tell what a change reaches, and reads YAML and JSON only: it is given what the
gate shows rules, one file an envelope, with the same rules, and neither renders nor resolves
anything. Timed on two small fleets and scaled by the difference, so that its start counts once; it
takes longer than that for each of more (conftest #114), so what is said of it is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks import measure, tenants
from benchmarks.measure import Usage
from benchmarks.settings import Settings
from controlplane import wiring
from controlplane.operations import policies
from controlplane.operations.exporting import for_conftest, inputs
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support import binaries

NAME = "conftest test"


@dataclass(frozen=True)
class Scaled:
    """What it costs for a fleet, as two smaller ones show it; `measured` are those."""

    usage: Usage
    measured: tuple[Usage, Usage]


def scaled(settings: Settings, small: tuple[int, int], count: int) -> Scaled:
    """Return what it costs for `count` tenants, measured on fleets of two sizes."""
    one, other = (_run(settings, size) for size in small)

    def at(first: float, second: float) -> float:
        return second + (second - first) / (small[1] - small[0]) * (count - small[1])

    usage = Usage(
        at(one.wall, other.wall), at(one.cpu, other.cpu), at(one.peak_mib, other.peak_mib)
    )
    return Scaled(usage, (one, other))


def _run(settings: Settings, size: int) -> Usage:
    place = settings.scratch / f"conftest-{size}"
    if not place.exists():
        repository = settings.scratch / f"fleet-{size}"
        tenants.write(repository, size)
        head = read(GitRepository.open(repository), "main")
        bundle = policies.policy_sets(head)[0].bundle
        for path, content in (*inputs(head, wiring.charts(), wiring.now()), *for_conftest(bundle)):
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    words: list[str | Path] = [binaries.need("conftest"), "test", "--output=json"]
    words += ["-p", place / "policy", "-d", place / "data", place / "inputs"]
    return measure.command(words, output=settings.scratch / "conftest.out", expect=(0, 1))
