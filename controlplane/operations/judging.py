"""Puts every subject before every rule that speaks about it, on one engine.

A rule is told no more than it asks for, so that its answer depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controlplane.policy.decide import Decider, unanswered_details
from controlplane.policy.engine import PolicyEngine, Prepared, Question
from controlplane.policy.engine import answered as engine_answers
from controlplane.policy.envelope import Subject, envelope
from controlplane.policy.errors import EngineError
from controlplane.policy.model import PolicyBundle, Rule, Verdict, merge
from evidence.canonical import Json


class Keeper(Protocol):
    """Where envelopes are kept that are too many for memory, so that they can be judged again."""

    def add(self, digest: str, parts: Iterable[bytes], /) -> None:
        """Keep the envelope of this digest, whose bytes are `parts` joined."""


@dataclass(frozen=True)
class Answered:
    """What some subjects were answered under one bundle, without who answered."""

    verdict: Verdict
    judged: tuple[tuple[str, str], ...]  # (subject, envelope digest), in order
    envelopes: Mapping[str, bytes]  # digest → canonical bytes; those that are kept elsewhere not
    details: tuple[str, ...]  # why something stayed indeterminate, in the engine's own words
    artifact: str = ""  # the digest of what was evaluated, where that is not the bundle's text
    artifact_file: bytes = b""  # from which it can be evaluated again; "" where it was given before


@dataclass(frozen=True)
class Judgement:
    """One engine's answer about many subjects under one bundle."""

    verdict: Verdict
    engine: str
    engine_version: str
    bundle: PolicyBundle
    envelopes: Mapping[str, bytes]  # digest → canonical bytes; those that are kept elsewhere not
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
    kinds: dict[str, list[tuple[bool, bool, tuple[Rule, ...]]]] = {}
    for subject in subjects:
        if subject.kind not in kinds:
            kinds[subject.kind] = _told(subject.kind, rules)
        for timed, informed, asked in kinds[subject.kind]:
            whole = envelope(subject, facts if informed else {}, time if timed else None)
            yield Question(subject.identity, whole.text, asked, whole.parts)


def _told(kind: str, rules: Sequence[Rule]) -> list[tuple[bool, bool, tuple[Rule, ...]]]:
    """Return (timed, informed, rules) about a kind: who is told the time, who the facts."""
    told: dict[tuple[bool, bool], list[Rule]] = {}
    for rule in rules:
        if kind in rule.subjects:
            told.setdefault(("time" in rule.uses, "facts" in rule.uses), []).append(rule)
    return [(*key, tuple(asked)) for key, asked in sorted(told.items())]


def answered(
    prepared: Prepared,
    rules: Sequence[Rule],
    subjects: Sequence[Subject],
    facts: Mapping[str, Json],
    time: Json,
    keeper: Keeper | None = None,
) -> Answered:
    """Return the total verdict of `rules` on `subjects`. `keeper` takes what was judged."""
    asked = list(questions(subjects, rules, facts, time))
    pairs = list(zip(asked, engine_answers(prepared, asked), strict=True))
    decider = Decider()
    verdicts = [decider.decide(question, answer) for question, answer in pairs]
    if keeper is not None:
        for question in asked:
            keeper.add(question.digest, question.parts)
    return Answered(
        verdict=merge(verdicts),
        judged=tuple((question.subject, question.digest) for question in asked),
        envelopes={} if keeper is not None else {q.digest: q.envelope for q in asked},
        details=tuple(
            detail
            for pair, verdict in zip(pairs, verdicts, strict=True)
            if verdict.indeterminate
            for detail in unanswered_details(*pair)
        ),
        artifact=prepared.artifact,
        artifact_file=prepared.artifact_file,
    )


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
    with engine.prepare(bundle) as prepared:
        found = answered(prepared, bundle.rules, subjects, facts, time)
    return together(engine, bundle, [found])


def together(engine: PolicyEngine, bundle: PolicyBundle, found: Sequence[Answered]) -> Judgement:
    """Return what one engine answered in several portions as one judgement.

    Raises EngineError where they were not answered by the same compiled policies.
    """
    artifacts = {each.artifact: each.artifact_file for each in found if each.artifact_file}
    if len({each.artifact for each in found} - {""}) > 1:
        raise EngineError(
            "portions of one judgement were answered by different compiled policies",
            remedy="run the gate again; make the policies again with `cpctl policy build`",
        )
    envelopes: dict[str, bytes] = {}
    for each in found:
        envelopes.update(each.envelopes)
    artifact, file = next(iter(artifacts.items()), ("", b""))
    return Judgement(
        verdict=merge(each.verdict for each in found),
        engine=engine.name,
        engine_version=engine.version(),
        bundle=bundle,
        envelopes=envelopes,
        judged=tuple(pair for each in found for pair in each.judged),
        details=tuple(line for each in found for line in each.details),
        artifact=artifact,
        artifact_file=file,
    )
