"""Puts every subject before every rule that speaks about it, on one engine.

A rule is told no more than it asks for, so that its answer depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controlplane.policy.decide import decide, unanswered_details
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.envelope import Subject, envelope
from controlplane.policy.model import PolicyBundle, Rule, Verdict, merge
from evidence.canonical import Json, digest_bytes


@dataclass(frozen=True)
class Judgement:
    """One engine's answer about many subjects under one bundle."""

    verdict: Verdict
    engine: str
    engine_version: str
    bundle: PolicyBundle
    envelopes: Mapping[str, bytes]  # digest → canonical bytes, so that it can be judged again
    judged: tuple[tuple[str, str], ...]  # (subject, envelope digest), in order
    details: tuple[str, ...]  # why something stayed indeterminate, in the engine's own words
    artifact: str = ""  # the digest of what was evaluated, where that is not the bundle's text
    artifact_file: bytes = b""  # from which it can be evaluated again


def questions(
    subjects: Sequence[Subject], rules: Sequence[Rule], facts: Mapping[str, Json], time: Json
) -> Iterator[Question]:
    """Yield the questions about every subject.

    Rules are asked together when they are told the same: the time and the facts are given only to
    rules whose metadata asks for them, so that the other answers do not depend on either.
    """
    for subject in subjects:
        told: dict[tuple[bool, bool], list[Rule]] = {}
        for rule in rules:
            if subject.kind in rule.subjects:
                told.setdefault(("time" in rule.uses, "facts" in rule.uses), []).append(rule)
        for (timed, informed), asked in sorted(told.items()):
            text = envelope(subject, facts if informed else {}, time if timed else None)
            yield Question(subject.identity, text, tuple(asked))


def judge(
    engine: PolicyEngine,
    bundle: PolicyBundle,
    subjects: Sequence[Subject],
    facts: Mapping[str, Json],
    time: Json,
) -> Judgement:
    """Return the total verdict of `bundle` on `subjects`.

    Raises PolicyLoadError where the engine cannot evaluate the bundle faithfully.
    """
    asked = list(questions(subjects, bundle.rules, facts, time))
    with engine.prepare(bundle) as prepared:
        answers = list(prepared.answers(asked))
        artifact, artifact_file = prepared.artifact, prepared.artifact_file
    pairs = list(zip(asked, answers, strict=True))
    named = [(question, digest_bytes(question.envelope)) for question in asked]
    return Judgement(
        verdict=merge(decide(question, answer) for question, answer in pairs),
        engine=engine.name,
        engine_version=engine.version(),
        bundle=bundle,
        envelopes={name: question.envelope for question, name in named},
        judged=tuple((question.subject, name) for question, name in named),
        details=tuple(detail for pair in pairs for detail in unanswered_details(*pair)),
        artifact=artifact,
        artifact_file=artifact_file,
    )
