"""Decisions in an evidence log, made by the gate's own parts of subjects that a test writes down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from controlplane.operations.gate import GateReport, Step
from controlplane.operations.judging import judge
from controlplane.operations.recording import record_decision
from controlplane.policy.bundle import load
from controlplane.policy.engine import Answer, PolicyEngine, Prepared, Question
from controlplane.policy.envelope import Subject
from controlplane.policy.model import PolicyBundle, merge
from controlplane.repo.changes import changes
from controlplane.repo.snapshot import nothing
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from evidence.writer import EvidenceWriter

FACTS: Mapping[str, Any] = {"approvals": [], "loosened": [], "waivers": []}
TIME: Mapping[str, Any] = {
    "epochSeconds": 1_795_255_200,
    "frozen": [],
    "text": "2026-11-21T10:00:00Z",
}


def policies(files: Mapping[str, str], parameters: Mapping[str, Any] | None = None) -> PolicyBundle:
    """Return the bundle of these files, which must be sound."""
    loaded = load(files, parameters)
    assert not loaded.problems, loaded.problems
    return loaded.bundle


def tenant(name: str, **resource: Any) -> Subject:
    """Return a tenant as a rule sees it."""
    return Subject("Tenant", name, resource)


def decide(
    engine: PolicyEngine,
    bundles: Sequence[PolicyBundle],
    subjects: Sequence[Subject],
    *,
    facts: Mapping[str, Any] = FACTS,
    time: Any = TIME,
) -> GateReport:
    """Judge subjects as the gate does, under each bundle."""
    step = Step(nothing(), nothing())
    judgements = tuple(
        (f"base/set{number}", judge(engine, bundle, subjects, facts, time))
        for number, bundle in enumerate(bundles)
    )
    return GateReport(
        step=step,
        verdict=merge(judgement.verdict for _, judgement in judgements),
        changes=changes(step.base, step.head),
        judgements=judgements,
        time=time,
        facts=facts,
    )


def keep(writer: EvidenceWriter, *reports: GateReport) -> None:
    """Record decisions, one run each."""
    for report in reports:
        record_decision(report, writer)


def packed(report: GateReport, log: EvidenceWriter) -> GateReport:
    """Return a report whose envelopes lie in a pack, as those of many tenants do."""
    pack = log.new_pack()
    for _, judgement in report.judgements:
        for name, text in judgement.envelopes.items():
            pack.add(name, [text])
    pack.close()
    bare = tuple((name, replace(each, envelopes={})) for name, each in report.judgements)
    return replace(report, judgements=bare, packs=(pack.path,))


def trusting(*keys: Signer) -> TrustSet:
    """Return the trust set in which these keys count."""
    return TrustSet.of(TrustedKey(key.name, key.purpose, key.public_key) for key in keys)


Finds = Callable[[str, Mapping[str, Any]], list[Any]]


class Scripted(PolicyEngine):
    """An engine that finds what `finds(rule's text, envelope)` says, and keeps what it was asked."""

    name: ClassVar[str] = "scripted"

    def __init__(self, finds: Finds) -> None:
        self._finds = finds
        self.asked: list[Question] = []

    def version(self) -> str:
        return "scripted 1"

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        return _Script(bundle, self._finds, self.asked)


class _Script(Prepared):
    def __init__(self, bundle: PolicyBundle, finds: Finds, asked: list[Question]) -> None:
        self._texts = {module.path: module.text for module in bundle.modules}
        self._finds, self._asked = finds, asked

    def evaluate(self, question: Question) -> Answer:
        self._asked.append(question)
        value = json.loads(question.envelope)
        return {
            rule.id: {"findings": self._finds(self._texts[rule.module], value)}
            for rule in question.rules
        }
