"""Every rule on every engine, on samples, on documents nobody wrote, and mutated: the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from controlplane.operations.policy_testing import Sample, samples
from controlplane.policy.bundle import with_texts
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Prepared, Question
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle, Verdict
from evidence.canonical import canonical
from tests.support.engines import NAMES, engine_named
from tests.support.envelopes import otherwise
from tests.support.policies import shipped
from tests.support.rego_mutants import mutants

pytestmark = pytest.mark.requires("opa")

EVERY = samples(shipped())
ENVELOPES: list[Any] = [json.loads(sample.envelope) for sample in EVERY]
RULES = shipped().bundle.rules
EXAMPLES = 1_000  # documents, the same ones in every run


@pytest.fixture(scope="module")
def prepared() -> Iterator[Mapping[str, Prepared]]:
    bundle = shipped().bundle
    started = {name: engine_named(name).prepare(bundle) for name in NAMES}
    yield started
    for each in started.values():
        each.close()


@pytest.fixture(scope="module")
def by_engine(prepared: Mapping[str, Prepared]) -> dict[str, dict[str, Verdict]]:
    return {
        name: {
            sample.path: decide(sample.question, engine.answer(sample.question)) for sample in EVERY
        }
        for name, engine in prepared.items()
    }


def _bytes(prepared: Mapping[str, Prepared], question: Question) -> dict[str, bytes]:
    return {
        name: canonical(decide(question, engine.answer(question)).to_json())
        for name, engine in prepared.items()
    }


def test_there_is_something_to_compare() -> None:
    rules = {sample.rule.id for sample in EVERY}
    assert len(rules) >= 140
    assert {sample.rule.id for sample in EVERY if sample.fires} == rules
    assert {sample.rule.id for sample in EVERY if not sample.fires} == rules


def test_every_engine_gives_the_same_bytes(by_engine: dict[str, dict[str, Verdict]]) -> None:
    different = [
        sample.path
        for sample in EVERY
        if len({canonical(by_engine[name][sample.path].to_json()) for name in NAMES}) > 1
    ]
    assert different == []


def test_every_rule_fires_and_stays_silent(by_engine: dict[str, dict[str, Verdict]]) -> None:
    for verdicts in by_engine.values():
        for sample in EVERY:
            verdict = verdicts[sample.path]
            assert verdict.indeterminate == (), sample.path
            assert bool(verdict.findings) is sample.fires, sample.path


@hypothesis.settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
@hypothesis.given(number=st.integers(0, len(EVERY) - 1), seed=st.integers(0, 2**32))
def test_documents_that_nobody_wrote(
    prepared: Mapping[str, Prepared], number: int, seed: int
) -> None:
    sample, document = EVERY[number], otherwise(ENVELOPES[number], Random(seed))
    given = _bytes(prepared, Question("Sample/x", canonical(document), (sample.rule,)))
    assert len(set(given.values())) == 1, (sample.rule.id, given, document)


def test_all_rules_together_on_documents_that_nobody_wrote(
    prepared: Mapping[str, Prepared],
) -> None:
    """Asked together, where one rule fails the others are answered all the same."""
    different = []
    for number, sample in enumerate(EVERY):
        kind = next(iter(sample.rule.subjects))
        told = ("time" in sample.rule.uses, "facts" in sample.rule.uses)
        together = tuple(
            rule
            for rule in RULES
            if kind in rule.subjects and ("time" in rule.uses, "facts" in rule.uses) == told
        )
        document = otherwise(ENVELOPES[number], Random(number))
        given = _bytes(prepared, Question("Sample/x", canonical(document), together))
        different += [sample.path] if len(set(given.values())) > 1 else []
    assert different == []


def _without_refused(bundle: PolicyBundle, texts: dict[str, str]) -> PolicyBundle:
    """Return the bundle with those of the texts that are Rego still."""
    while True:
        changed = with_texts(bundle, texts)
        try:
            with engine_named("compiled").prepare(changed):
                return changed
        except PolicyLoadError as error:
            refused = {problem.position.path for problem in error.problems} & set(texts)
            assert refused, error
            texts = {path: text for path, text in texts.items() if path not in refused}


@pytest.mark.parametrize("turn", range(6))
def test_mutants_of_the_rules_are_judged_alike_too(turn: int) -> None:
    """Every rule as one of its mutants, all in one bundle."""
    bundle, texts = shipped().bundle, {}
    for module in bundle.modules:
        if module.path.endswith("/rule.rego"):
            found = list(mutants(module))
            if found:
                mutant = found[(turn * 7 + 3) % len(found)]
                texts[mutant.module.path] = mutant.module.text
    changed = _without_refused(bundle, texts)
    assert (
        sum(a.text != b.text for a, b in zip(bundle.modules, changed.modules, strict=True)) >= 125
    )
    verdicts = {name: _all_samples(engine_named(name), changed, EVERY) for name in NAMES}
    different = [
        sample.path for sample in EVERY if len({verdicts[name][sample.path] for name in NAMES}) > 1
    ]
    assert different == []


def _all_samples(
    engine: PolicyEngine, bundle: PolicyBundle, every: list[Sample]
) -> dict[str, bytes]:
    with engine.prepare(bundle) as prepared:
        return {
            sample.path: canonical(
                decide(sample.question, prepared.answer(sample.question)).to_json()
            )
            for sample in every
        }
