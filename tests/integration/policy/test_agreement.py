"""Every rule and every sample on every engine: the same verdict, byte for byte."""

from __future__ import annotations

import pytest

from controlplane.operations.policy_testing import Sample, samples
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.model import Verdict
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.policies import shipped

pytestmark = pytest.mark.requires("opa")


def _verdicts(engine: PolicyEngine, every: list[Sample]) -> dict[str, Verdict]:
    with engine.prepare(shipped().bundle) as prepared:
        return {
            sample.path: decide(sample.question, prepared.answer(sample.question))
            for sample in every
        }


@pytest.fixture(scope="module")
def every() -> list[Sample]:
    return samples(shipped())


@pytest.fixture(scope="module")
def by_engine(every: list[Sample]) -> dict[str, dict[str, Verdict]]:
    engines = [EmbeddedEngine(), OpaEngine(binary=binaries.need("opa"))]
    return {engine.name: _verdicts(engine, every) for engine in engines}


def test_there_is_something_to_compare(every: list[Sample]) -> None:
    rules = {sample.rule.id for sample in every}
    assert len(rules) >= 18
    assert {sample.rule.id for sample in every if sample.fires} == rules
    assert {sample.rule.id for sample in every if not sample.fires} == rules


def test_every_engine_gives_the_same_bytes(by_engine: dict[str, dict[str, Verdict]]) -> None:
    embedded, opa = by_engine["embedded"], by_engine["opa"]
    different = [
        path
        for path in embedded
        if canonical(embedded[path].to_json()) != canonical(opa[path].to_json())
    ]
    assert different == []


def test_every_rule_fires_and_stays_silent(
    every: list[Sample], by_engine: dict[str, dict[str, Verdict]]
) -> None:
    for verdicts in by_engine.values():
        for sample in every:
            verdict = verdicts[sample.path]
            assert verdict.indeterminate == (), sample.path
            assert bool(verdict.findings) is sample.fires, sample.path
