"""`cpctl policy test`: may these policies be relied on?

Decides what a rule must show before it is used: it loads, it has samples of both kinds, it fires
on every sample to be denied and is silent on every one to be allowed, every engine gives the same
verdict to the byte, and where it goes by the time it says until when its answer holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controlplane.policy.bundle import LoadedPolicies
from controlplane.policy.decide import decide, unanswered_details
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.errors import EngineError, PolicyLoadError
from controlplane.policy.model import PolicyBundle, Rule, Verdict
from controlplane.values import Position, Problem
from evidence.canonical import Json, canonical


@dataclass(frozen=True)
class Sample:
    """One envelope of a rule, and whether the rule is to fire on it."""

    rule: Rule
    name: str
    envelope: bytes
    fires: bool

    @property
    def path(self) -> str:
        """Where the sample stands in the repository."""
        return f"{self.rule.module.rpartition('/')[0]}/samples/{self.name}"

    @property
    def question(self) -> Question:
        """What an engine is asked about it."""
        return Question(f"Sample/{self.rule.id}/{self.name}", self.envelope, (self.rule,))


@dataclass(frozen=True)
class TestedRule:
    """How many samples of each kind a rule answered as it should, on every engine."""

    rule: str
    fires: int
    silent: int
    problems: tuple[Problem, ...]


def samples(loaded: LoadedPolicies) -> list[Sample]:
    """Return the samples of every rule, by rule and name."""
    return [
        Sample(rule, name, canonical(envelope), name.startswith("deny"))
        for rule in loaded.bundle.rules
        for name, envelope in sorted(loaded.files[rule.id].samples.items())
    ]


def tested_rules(loaded: LoadedPolicies, engines: Mapping[str, PolicyEngine]) -> list[TestedRule]:
    """Judge every sample on every engine.

    Raises PolicyLoadError where an engine cannot evaluate the policies faithfully, EngineError
    where it cannot work; both say which engine it is.
    """
    every = samples(loaded)
    verdicts = {name: _answers(name, engine, loaded, every) for name, engine in engines.items()}
    tested = []
    for rule in loaded.bundle.rules:
        own = [(index, sample) for index, sample in enumerate(every) if sample.rule == rule]
        problems = [*_kinds(rule, [sample for _, sample in own])]
        counts = {True: 0, False: 0}
        for index, sample in own:
            given = {name: answers[index] for name, answers in verdicts.items()}
            wrong = list(_wrong(sample, given))
            problems += wrong
            counts[sample.fires] += not wrong
        tested.append(TestedRule(rule.id, counts[True], counts[False], tuple(problems)))
    return tested


def _answers(
    name: str, engine: PolicyEngine, loaded: LoadedPolicies, every: Sequence[Sample]
) -> list[tuple[Verdict, tuple[str, ...]]]:
    try:
        return _verdicts(engine, loaded.bundle, every)
    except PolicyLoadError as error:
        said = [replace(p, message=f"{name} refuses this: {p.message}") for p in error.problems]
        raise PolicyLoadError(said) from error
    except EngineError as error:
        raise EngineError(f"the engine {name}: {error}", remedy=error.remedy) from error


def _verdicts(
    engine: PolicyEngine, bundle: PolicyBundle, every: Sequence[Sample]
) -> list[tuple[Verdict, tuple[str, ...]]]:
    questions = [sample.question for sample in every]
    with engine.prepare(bundle) as prepared:
        answers = list(prepared.answers(questions))
    return [
        (decide(question, answer), unanswered_details(question, answer))
        for question, answer in zip(questions, answers, strict=True)
    ]


def _kinds(rule: Rule, own: Sequence[Sample]) -> Iterator[Problem]:
    for fires, word in ((True, "deny"), (False, "allow")):
        if not any(sample.fires is fires for sample in own):
            text = f"{rule.id} has no sample to {word}"
            remedy = f"add samples/{word}.jsonc; the two differ in one field"
            yield Problem(Position(rule.module), "policy/sample", text, remedy)
    if "time" in rule.uses and not rule.expires:
        text = f"{rule.id} uses time and never says until when its answer holds"
        remedy = "add `valid_until contains SECONDS if …`: the moments at which it may change"
        yield Problem(Position(rule.module), "policy/valid-until", text, remedy)


def _wrong(
    sample: Sample, given: Mapping[str, tuple[Verdict, tuple[str, ...]]]
) -> Iterator[Problem]:
    if not _is_about(sample):
        text = f"the subject is none of {', '.join(sorted(sample.rule.subjects))}"
        yield Problem(Position(sample.path), "policy/sample", text, "correct subject.kind")
    for name, (verdict, details) in given.items():
        if verdict.indeterminate:
            why = "; ".join(details)
            yield _problem(sample, f"{name} cannot answer it: {why}", "correct the rule")
        elif bool(verdict.findings) is not sample.fires:
            what = "is silent on it" if sample.fires else f"fires on it ({_codes(verdict)})"
            yield _problem(sample, f"{sample.rule.id} {what} ({name})", "correct rule or sample")
    if len({verdict.digest() for verdict, _ in given.values()}) > 1:
        text = f"the engines {', '.join(given)} give different verdicts"
        yield _problem(sample, text, "write the rule with fewer means; see docs/policies.md")


def _is_about(sample: Sample) -> bool:
    subject: Json = _subject(sample)
    return isinstance(subject, dict) and subject.get("kind") in sample.rule.subjects


def _subject(sample: Sample) -> Json:
    envelope = json.loads(sample.envelope)
    return envelope.get("subject") if isinstance(envelope, dict) else None


def _codes(verdict: Verdict) -> str:
    return ", ".join(sorted({finding.code for finding in verdict.findings}))


def _problem(sample: Sample, text: str, remedy: str) -> Problem:
    return Problem(Position(sample.path), "policy/sample", text, remedy)
