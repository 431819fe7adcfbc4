"""What `cpctl init` and `cpctl new` write passes the gate as it stands."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from controlplane import wiring
from controlplane.cli.init import init
from controlplane.cli.new import new
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.scaffold import PLACES
from controlplane.policy.engine import PolicyEngine
from controlplane.repo.snapshot import nothing
from tests.support.scenarios import read


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return wiring.policy_engine("embedded")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "platform"
    CliRunner().invoke(init, [str(folder)], catch_exceptions=False)
    return folder


def judged(step: Step, engine: PolicyEngine) -> GateReport:
    # The scaffolds carry today's date, so they are judged today.
    return gate(step, engine, wiring.charts(), datetime.now(UTC), whole=True)


def test_a_new_repository_passes(begun: Path, engine: PolicyEngine) -> None:
    report = judged(Step(nothing(), read(begun), genesis=True), engine)
    assert (report.problems, report.verdict.findings, report.undecided) == ((), (), ())
    assert report.allow


@pytest.mark.parametrize("what", sorted(PLACES))
def test_something_new_passes(what: str, begun: Path, tmp_path: Path, engine: PolicyEngine) -> None:
    folder = Path(shutil.copytree(begun, tmp_path / "platform"))
    given = ["--set", "spec.rule=workloads/probes"] if what == "waiver" else []
    CliRunner().invoke(
        new, [what, "another", "--root", str(folder), *given], catch_exceptions=False
    )
    report = judged(Step(read(begun), read(folder)), engine)
    assert (report.problems, report.verdict.findings, report.undecided) == ((), (), ())
    assert report.allow
