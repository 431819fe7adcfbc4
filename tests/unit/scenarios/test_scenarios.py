"""Every scenario lints, and stops linting when the field that `expect.yaml` names is changed.

Where a rule denies instead, the changed repository still lints: it is well-formed and wrong.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.operations.linting import lint
from tests.support.scenarios import NAMES, Stop, apply, expectation, lay_out, read, stops

STOPS = [stop for name in NAMES for stop in stops(name)]


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(p.position.path, p.code) for p in lint(read(folder))]


def test_every_scenario_is_there() -> None:
    assert len(NAMES) == 10
    assert all(expectation(name)["story"] for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_lints(name: str, tmp_path: Path) -> None:
    assert problems(lay_out(name, tmp_path)) == []


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_it_stops_linting_or_is_left_to_a_rule(stop: Stop, tmp_path: Path) -> None:
    folder = lay_out(stop.scenario, tmp_path)
    apply(stop, folder)
    found = problems(folder)
    if stop.by == "lint":
        assert (stop.file, stop.code) in found
    else:
        assert found == []
