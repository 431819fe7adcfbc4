"""Every scenario passes the gate, and the rule that `expect.yaml` names denies the change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from controlplane import wiring
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.policy.model import Severity
from tests.support.scenarios import (
    NAMES,
    Stop,
    apply,
    expectation,
    lay_out,
    read,
    stops,
    with_rules,
)

STOPS = [stop for name in NAMES for stop in stops(name) if stop.by != "lint"]


Judge = Callable[[Step, str], GateReport]


@pytest.fixture(scope="module")
def judge_step() -> Judge:
    engine = wiring.policy_engine("embedded")

    def judged(step: Step, name: str) -> GateReport:
        now = datetime.fromisoformat(expectation(name)["now"])
        return gate(step, engine, wiring.charts(), now, whole=True)

    return judged


@pytest.mark.parametrize("name", NAMES)
def test_it_passes(name: str, tmp_path: Path, judge_step: Judge) -> None:
    folder = with_rules(lay_out(name, tmp_path))
    report = judge_step(Step(read(folder), read(folder)), name)
    denied = [f for f in report.verdict.findings if f.severity is Severity.DENY]
    assert (report.problems, denied, report.verdict.indeterminate) == ((), [], ())
    assert report.allow


@pytest.mark.parametrize("stop", STOPS, ids=str)
def test_the_rule_denies_the_change(stop: Stop, tmp_path: Path, judge_step: Judge) -> None:
    folder = with_rules(lay_out(stop.scenario, tmp_path))
    before = read(folder)
    apply(stop, folder)
    report = judge_step(Step(before, read(folder)), stop.scenario)
    denied = {(f.rule, f.code) for f in report.verdict.findings if f.severity is Severity.DENY}
    assert (report.problems, report.verdict.indeterminate) == ((), ())
    assert denied == {(stop.by, stop.code)}


def test_draining_a_cluster_forbids_nobody_who_is_there(tmp_path: Path, judge_step: Judge) -> None:
    """Tenants that a change reaches without touching them are judged as they were before, too."""
    folder = with_rules(lay_out("cluster-that-is-drained", tmp_path))
    path = folder / "catalog/clusters/eu-1.yaml"
    drained = path.read_text("utf-8")
    path.write_text(drained.partition("  lifecycle:")[0], "utf-8")
    before = read(folder)
    path.write_text(drained, "utf-8")
    assert judge_step(Step(before, read(folder)), "cluster-that-is-drained").allow
