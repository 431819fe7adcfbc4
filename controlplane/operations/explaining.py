"""Why a rule found something about a subject, or did not: which of its conditions held.

The same engine that judged is asked again, about the same envelope, under rules generated from the
beginnings of each body (`policy.rego_parts`). Pure apart from the engine it is given.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controlplane.errors import UsageError
from controlplane.operations.gate import GateReport
from controlplane.operations.judging import Judgement
from controlplane.policy import rego_parts
from controlplane.policy.engine import PolicyEngine, Question, Unanswered
from controlplane.policy.model import Rule
from controlplane.policy.rego_parts import Body, Expression
from evidence.canonical import Json

SHOWN = 3  # values of a name that has several


@dataclass(frozen=True)
class Condition:
    """One condition. `held` is None where an earlier one did not hold, so nobody asked.

    `ways` counts the ways in which all conditions so far hold; `seen` is what it looked at.
    """

    text: str
    line: int
    held: bool | None
    ways: int = 0
    seen: tuple[tuple[str, str], ...] = ()  # (name or path, JSON)
    error: str = ""


@dataclass(frozen=True)
class Explained:
    """One body of a rule; the last condition is the finding itself."""

    line: int
    conditions: tuple[Condition, ...]

    @property
    def found(self) -> bool:
        """Whether it adds a finding."""
        return bool(self.conditions[-1].held)


@dataclass(frozen=True)
class Explanation:
    """One version of a rule, asked about one subject."""

    policy_set: str  # "base/shipped"
    rule: Rule
    subject: str
    bodies: tuple[Explained, ...]


def explain_rule(
    report: GateReport, engine: PolicyEngine, rule: str, subject: str | None
) -> tuple[Explanation, ...]:
    """Return the explanation under each policy set that asked `rule` about `subject`.

    Without a subject it is the first about which the rule found something, else the first asked.
    Raises UsageError for a rule there is not, and for a subject it was not asked about.
    """
    versions = [
        (name, judgement, found)
        for name, judgement in report.judgements
        for found in judgement.bundle.rules
        if found.id == rule
    ]
    if not versions:
        raise _no_rule(report, rule)
    chosen = subject or _usual(report, rule, [j for _, j, _ in versions], versions[0][2])
    asked = [v for v in versions if chosen and _envelope(v[1], v[2], chosen) is not None]
    if not asked:
        raise _not_asked(versions[0][2], versions[0][1], subject)
    return tuple(_explain(engine, *version, chosen) for version in asked)


def _usual(report: GateReport, rule: str, judgements: Sequence[Judgement], found: Rule) -> str:
    known = [f.subject for f in report.findings if f.rule == rule]
    known += [u.subject for u in report.undecided if u.rule == rule]
    known += [s for j in judgements for s in _subjects(j, found)]
    return next(iter(known), "")


def _subjects(judgement: Judgement, rule: Rule) -> list[str]:
    subjects = (s for s, _ in judgement.judged if s.partition("/")[0] in rule.subjects)
    return list(dict.fromkeys(subjects))


def _envelope(judgement: Judgement, rule: Rule, subject: str) -> bytes | None:
    """Return what the rule was told about the subject, None where it was not asked."""
    if subject.partition("/")[0] not in rule.subjects:
        return None
    told = ("time" in rule.uses, "facts" in rule.uses)
    for judged, digest in judgement.judged:
        if judged == subject:
            text = judgement.envelopes[digest]
            envelope = json.loads(text)
            if ("time" in envelope, bool(envelope["facts"])) == told:
                return text
    return None


def _explain(
    engine: PolicyEngine, name: str, judgement: Judgement, rule: Rule, subject: str
) -> Explanation:
    module = next(m for m in judgement.bundle.modules if m.path == rule.module)
    parts = rego_parts.bodies(module)
    probe = rego_parts.probe(judgement.bundle, rule, parts)
    envelope = _envelope(judgement, rule, subject)
    assert envelope is not None  # noqa: S101 - only asked for subjects that have one
    with engine.prepare(probe) as prepared:
        answer = prepared.answer(Question(subject, envelope, probe.rules))
    world = {"input": json.loads(envelope), "data": judgement.bundle.data}
    bodies = tuple(
        Explained(body.line, tuple(_conditions(number, body, answer, world)))
        for number, body in enumerate(parts)
    )
    return Explanation(name, rule, subject, bodies)


def _conditions(
    number: int, body: Body, answer: Mapping[str, Json | Unanswered], world: Json
) -> Iterator[Condition]:
    going, values = True, list[Json]()
    for length, expression in enumerate(body.expressions, start=1):
        if not going:
            yield Condition(expression.text, expression.line, None)
            continue
        given = answer[rego_parts.name(number, length)]
        if isinstance(given, Unanswered):
            error = f"{given.cause}: {given.detail}" if given.detail else str(given.cause)
            yield Condition(expression.text, expression.line, held=False, error=error)
            going = False
            continue
        ways = _ways(given)
        going = bool(ways)
        seen = tuple(_seen(expression, world, ways or values))
        yield Condition(expression.text, expression.line, going, len(ways), seen)
        values = ways


def _ways(given: Json) -> list[Json]:
    """Return what the names stand for in each way in which the beginning holds."""
    found = given.get("findings") if isinstance(given, dict) else None
    return [way for each in found or () for way in each["params"]["values"]]


def _seen(expression: Expression, world: Json, ways: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for path in expression.paths:
        yield ".".join(path), _at(world, path)
    words = set(expression.text.replace(".", " ").replace("(", " ").replace(")", " ").split())
    for name in dict.fromkeys(key for way in ways for key in way):
        if name in words or name in expression.gives:
            texts = list(dict.fromkeys(_text(way[name]) for way in ways if name in way))
            more = f" … {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
            yield name, " | ".join(texts[:SHOWN]) + more


def _at(world: Json, path: Sequence[str]) -> str:
    here = world
    for step in path:
        if not isinstance(here, Mapping) or step not in here:
            return "is absent"
        here = here[step]
    return _text(here)


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _no_rule(report: GateReport, rule: str) -> UsageError:
    known = sorted({r.id for _, j in report.judgements for r in j.bundle.rules})
    near = difflib.get_close_matches(rule, known, n=1)
    near = near or [each for each in known if each.endswith(f"/{rule}")][:1]
    remedy = f"did you mean `{near[0]}`?" if near else "`cpctl policy test` lists the rules"
    return UsageError(f"there is no rule `{rule}` in force", remedy=remedy)


def _not_asked(rule: Rule, judgement: Judgement, subject: str | None) -> UsageError:
    kinds = " and ".join(sorted(rule.subjects))
    there = _subjects(judgement, rule)
    if subject is None:
        return UsageError(
            f"{rule.id} judges {kinds}, and this change reaches none",
            remedy="add --whole to judge everything that is declared",
        )
    near = difflib.get_close_matches(subject, there, n=1)
    some = f"it is asked about {', '.join(there[:5])}" if there else "add --whole to judge all"
    return UsageError(
        f"{rule.id} judges {kinds}; it is not asked about `{subject}` in this change",
        remedy=f"did you mean `{near[0]}`?" if near else f"{some}; KIND/NAME, as findings say it",
    )
