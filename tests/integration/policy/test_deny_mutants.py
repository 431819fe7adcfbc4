"""Nobody talks a rule into silence: what differs from a deny sample in one thing is denied as well.

Every field that the rule reads in a deny sample is taken away, emptied, made null or another type,
written in other letters, with blanks, quotes and look-alikes, doubled and turned around. Where the
rule is silent then, the item that it found is gone; or the kind of object is none that
`workloads/known-kinds` lets pass; or a person has said in `tests/fixtures/silent_mutants.yaml` why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from controlplane.operations.policy_testing import Sample, samples
from controlplane.policy.bundle import restrict, with_texts
from controlplane.policy.decide import decide
from controlplane.policy.engine import Prepared, Question
from controlplane.policy.model import Rule, Verdict
from evidence.canonical import canonical
from tests.support.engines import engine_named
from tests.support.mutant_resources import real, taken
from tests.support.policies import shipped
from tests.support.sample_mutants import Mutants
from tests.support.silent_mutants import Silence, reviewed

# One group: what all of them ask is asked once.
pytestmark = [pytest.mark.requires("opa"), pytest.mark.xdist_group("mutants of deny samples")]

DENIED = [sample for sample in samples(shipped()) if sample.fires]
KNOWN_KINDS = next(r for r in shipped().bundle.rules if r.id == "workloads/known-kinds")


@dataclass
class Judged:
    """How many mutants ended how, and the silent ones that somebody must have reviewed."""

    ends: Counter[str] = field(default_factory=Counter)
    silent: dict[Silence, str] = field(default_factory=dict)
    rules: set[str] = field(default_factory=set)


class Judge:
    """Asks a rule about the mutants of its samples, one sample after the other."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._mutants: dict[tuple[str, frozenset[str]], Mutants] = {}

    def verdict(self, rule: Rule, envelope: Any) -> Verdict:
        question = Question("Sample/x", canonical(envelope), (rule,))
        return decide(question, self._prepared.answer(question))

    def is_silent(self, rule: Rule, envelope: Any) -> bool:
        verdict = self.verdict(rule, envelope)
        return not verdict.findings and not verdict.indeterminate

    def judge(self, sample: Sample, judged: Judged) -> None:
        envelope, rule = json.loads(sample.envelope), sample.rule
        found = self.verdict(rule, envelope)
        codes = frozenset(finding.code for finding in found.findings)
        places = [finding.path for finding in found.findings]

        def reads(changed: Any) -> bool:
            return self.verdict(rule, changed) != found

        for mutant in self._mutants.setdefault((rule.id, codes), Mutants()).of(envelope, reads):
            made = real(envelope, mutant)
            if made is None:
                judged.ends["cannot come about"] += 1
                continue
            judged.rules.add(rule.id)
            if not self.is_silent(rule, made):
                judged.ends["denied"] += 1
            elif taken(mutant, places):
                judged.ends["without the item that was found"] += 1
            elif "objects" in mutant.path and not self.is_silent(KNOWN_KINDS, made):
                judged.ends["denied as an unknown kind"] += 1
            else:
                judged.ends["silent, and reviewed"] += 1
                judged.silent[Silence(rule.id, mutant.field, mutant.kind)] = sample.name


@pytest.fixture(scope="module")
def judged() -> Judged:
    found = Judged()
    with engine_named("compiled").prepare(shipped().bundle) as prepared:
        judge = Judge(prepared)
        for sample in DENIED:
            judge.judge(sample, found)
    return found


def test_no_mutant_is_silent_that_nobody_reviewed(
    judged: Judged, record_property: Callable[[str, object], None]
) -> None:
    known = {silence for category in reviewed().values() for silence in category}
    assert {silence: name for silence, name in judged.silent.items() if silence not in known} == {}
    for end, number in judged.ends.items():
        record_property(f"counted: mutants of deny samples, {end}", number)
    assert judged.ends.total() - judged.ends["cannot come about"] > 10_000
    assert judged.ends["denied"] > 6_000


def test_every_silence_that_was_reviewed_is_one(judged: Judged) -> None:
    listed = [silence for category in reviewed().values() for silence in category]
    assert sorted(set(listed) - set(judged.silent)) == []
    assert [silence for silence, times in Counter(listed).items() if times > 1] == []


def test_every_rule_has_mutants(judged: Judged) -> None:
    assert judged.rules == {rule.id for rule in shipped().bundle.rules}


def test_a_rule_that_can_be_talked_to_silence_is_found() -> None:
    """A default that is said in other words, as a rule of ours once took it for something else."""
    bundle = restrict(shipped().bundle, ["workloads/job-deadline", KNOWN_KINDS.id])
    (module,) = (m for m in bundle.modules if m.path.endswith("job-deadline/rule.rego"))
    weaker = module.text.replace('in {"", "Allow", null}', 'in {"", "Allow"}')
    assert weaker != module.text
    found = Judged()
    with engine_named("compiled").prepare(with_texts(bundle, {module.path: weaker})) as prepared:
        judge = Judge(prepared)
        for sample in DENIED:
            if sample.name == "deny-near-overlap.jsonc":
                judge.judge(sample, found)
    known = {silence for category in reviewed().values() for silence in category}
    assert set(found.silent) - known == {
        Silence("workloads/job-deadline", "object.spec.concurrencyPolicy", "null")
    }
