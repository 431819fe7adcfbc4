"""Judging in portions and in several processes decides what one process would; no loss is a pass."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from controlplane.operations import portions, spreading
from controlplane.operations.gate import GateReport, Means, Step, gate
from controlplane.operations.locking import lock
from controlplane.operations.recording import decision_json, record_decision
from controlplane.policy.engine import Answer, PolicyEngine, Prepared, Question
from controlplane.policy.model import Cause, PolicyBundle
from controlplane.render.helm import HelmCharts
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.audit import verify_directory
from evidence.canonical import digest_bytes
from evidence.store import readers, runs_of
from tests.support import documents
from tests.support.evidence import START, signer, writer
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ namespace }}\n"
TENANTS = 60


class Sevens(PolicyEngine):
    """An engine that finds fault with whatever is named after a seven, and may die of one tenant."""

    name: ClassVar[str] = "sevens"

    def __init__(self, fatal: str = "") -> None:
        self.fatal = fatal

    def version(self) -> str:
        return "1"

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        return _Sevens(self.fatal)


class _Sevens(Prepared):
    def __init__(self, fatal: str) -> None:
        self._fatal = fatal

    def evaluate(self, question: Question) -> Answer:
        if self._fatal and self._fatal in question.subject:
            os.kill(os.getpid(), signal.SIGKILL)
        name = json.loads(question.envelope)["subject"]["name"].partition("/")[0]
        found = [{"code": "bad", "path": ["spec"], "params": {"name": name}}]
        return {r.id: {"findings": found if name.endswith("7") else []} for r in question.rules}


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Step]:
    place = tmp_path_factory.mktemp("fleet")
    made = TestRepository(place)
    files = documents.repository(tenant=None)
    files |= rule(finds("true"), subjects="Tenant, Placement")
    files |= rule(finds("true"), "tenancy/second", subjects="Tenant, Change")
    files["templates/kubernetes/tenant/namespace.yaml.j2"] = NAMESPACE
    files["catalog/packs/retrieval/1.2.0/content/templates/none.yaml.j2"] = "# nothing\n"
    for number in range(TENANTS):
        name = f"t{number:03}"
        files[f"tenants/{name}/tenant.yaml"] = documents.tenant(name)
    made.commit(files)
    git = GitRepository.open(place)
    locks, problems = lock(read(git, "main"), ())
    assert problems == ()
    base = made.commit(files | {change.path: change.text for change in locks})
    yield Step(read(git, base), read(git, base))


@pytest.fixture(autouse=True)
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "may_fork", lambda: True)  # the test runner has threads


def judged(step: Step, engine: PolicyEngine, means: Means) -> GateReport:
    report = gate(step, engine, HelmCharts(None), NOW, whole=True, means=means)
    assert report.problems == ()
    return report


def test_the_report_does_not_depend_on_processes_or_packs(step: Step, tmp_path: Path) -> None:
    evidence = writer(tmp_path, sign=signer("decide"))
    alone = judged(step, Sevens(), Means())
    for means in (Means(2), Means(3, evidence.new_pack), Means(1, evidence.new_pack)):
        other = judged(step, Sevens(), means)
        assert decision_json(other) == decision_json(alone)
        assert (other.findings, other.undecided, other.deltas, other.details) == (
            alone.findings,
            alone.undecided,
            alone.deltas,
            alone.details,
        )
    assert {f.subject for f in alone.findings} >= {"Tenant/t007", "Placement/t017/prod@here"}
    assert not alone.allow


def test_the_size_of_a_portion_changes_no_verdict(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = judged(step, Sevens(), Means())
    monkeypatch.setattr(portions, "TENANTS", 1000)
    one = judged(step, Sevens(), Means())
    assert one.verdict == many.verdict
    assert one.findings == many.findings
    (_, first), (_, second) = one.judgements[0], many.judgements[0]
    assert sorted(first.judged) == sorted(second.judged)
    assert first.envelopes == second.envelopes


def test_what_a_killed_process_was_to_judge_denies(step: Step) -> None:
    report = judged(step, Sevens("Tenant/t030"), Means(2))
    assert not report.allow
    open_ = {item.subject: item.cause for item in report.verdict.indeterminate}
    assert open_["Tenant/t030"] is Cause.CRASH
    assert open_["Placement/t030"] is Cause.CRASH
    assert set(report.verdict.rules) == {"tenancy/first", "tenancy/second"}
    answered = {subject for _, judgement in report.judgements for subject, _ in judgement.judged}
    tenants = {f"Tenant/t{number:03}" for number in range(TENANTS)}
    assert tenants <= answered | set(open_)
    assert not answered & set(open_)


def test_the_pack_of_a_killed_process_is_left_out_and_its_portions_deny(
    step: Step, tmp_path: Path
) -> None:
    evidence = writer(tmp_path, sign=signer("decide"))
    report = judged(step, Sevens("Tenant/t030"), Means(2, evidence.new_pack))
    assert len(report.packs) == 1
    assert {"Tenant/t030", "Placement/t030"} <= {i.subject for i in report.verdict.indeterminate}
    assert record_decision(report, evidence).outcome == "deny"
    report_ = verify_directory(tmp_path, None, START, trust_bundled_keys=True)
    assert report_.findings == ()


def test_packed_envelopes_are_recorded_whole(step: Step, tmp_path: Path) -> None:
    evidence = writer(tmp_path, sign=signer("decide"))
    report = judged(step, Sevens(), Means(2, evidence.new_pack))
    assert len(report.packs) == 2
    record_decision(report, evidence)
    (place, log) = next(iter(readers([tmp_path]).values()))
    run = next(iter(runs_of(place, log)))
    recorded = {r.record["payload"]: r for r in run.records() if r.record["kind"] == "envelope"}
    plain = judged(step, Sevens(), Means()).judgements[0][1]
    assert set(recorded) == {digest for _, digest in plain.judged}
    assert {name: run.payload_bytes(name) for name in recorded} == plain.envelopes
    assert all(digest_bytes(text) == name for name, text in plain.envelopes.items())
    report_ = verify_directory(tmp_path, None, START, trust_bundled_keys=True)
    assert report_.findings == ()
