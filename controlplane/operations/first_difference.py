"""Why a rule's answer differs: the first condition that holds on one side and not on the other.

The evaluator is asked, with the rule's own conditions, how far each body gets on the very input.
Where it cannot be asked, or the text says it all (a rule that is new or gone, another severity),
that is said instead; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controlplane.operations.inputs import Inputs, choose
from controlplane.operations.past import PastDecision
from controlplane.operations.simulating import Change, Flip
from controlplane.policy.conditions import Body, asking, bodies, held, probe
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.errors import EngineError, PolicyLoadError
from controlplane.policy.model import Finding, PolicyBundle, Rule
from controlplane.values import Position
from evidence.canonical import Json
from evidence.errors import EvidenceError

EXPLAINED: Final = 1_000  # flips that are looked into


@dataclass(frozen=True)
class Why:
    """One reason in words; `position` is where the condition stands, in the version named."""

    text: str
    position: Position | None = None

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.text} ({self.position})" if self.position else self.text


@dataclass(frozen=True)
class _Case:
    """A flip with what is needed to look into it."""

    flip: Flip
    before: PolicyBundle | None
    after: PolicyBundle | None
    envelope: bytes | None


@dataclass
class Reasons:
    """Collects flips while their records are at hand, and looks into all of them at the end."""

    candidates: Sequence[PolicyBundle]
    baseline: Sequence[PolicyBundle] | None = None  # None: what the decision was made with
    words: tuple[str, str] = ("then", "now")  # when each side's policies count
    _cases: dict[Flip, _Case] = field(default_factory=dict)
    _inputs: Inputs = field(default_factory=Inputs)

    def look(self, decision: PastDecision, flip: Flip) -> None:
        """Take a flip in; those beyond EXPLAINED are not looked into."""
        if flip in self._cases or len(self._cases) >= EXPLAINED:
            return
        try:
            known = self.baseline
            before = decision.holder(flip.rule) if known is None else _holder(known, flip.rule)
            after = _holder(self.candidates, flip.rule)
            rule = _rule(after, flip.rule) or _rule(before, flip.rule)
            self._cases[flip] = _Case(flip, before, after, self._envelope(decision, flip, rule))
        except EvidenceError:
            return

    def _envelope(self, decision: PastDecision, flip: Flip, rule: Rule | None) -> bytes | None:
        if rule is None:
            return None
        given = self._inputs.of(decision, decision.judged().get(flip.subject, ()))
        timed, informed = "time" in rule.uses, "facts" in rule.uses
        chosen = choose(given, timed=timed, informed=informed)
        return None if isinstance(chosen, str) else chosen.text()

    def explain(self, engine: PolicyEngine) -> Mapping[Flip, Why]:
        """Return the first difference of each flip that was taken in."""
        probes = _Probes(engine)
        for case in self._cases.values():
            if case.flip.change in {Change.GAINED, Change.LOST}:
                probes.want(case.before, case)
                probes.want(case.after, case)
        probes.ask()
        return {flip: _why(case, probes, self.words) for flip, case in self._cases.items()}


class _Probes:
    """Asks how far each body of a rule gets, many inputs at once."""

    def __init__(self, engine: PolicyEngine) -> None:
        self._engine = engine
        self._bundles: dict[str, PolicyBundle] = {}
        self._wanted: dict[str, dict[tuple[str, bytes], Question]] = {}  # by bundle
        self._held: dict[tuple[str, str, bytes], Json] = {}  # (bundle, rule, envelope)

    def want(self, bundle: PolicyBundle | None, case: _Case) -> None:
        rule = _rule(bundle, case.flip.rule)
        if bundle is None or rule is None or case.envelope is None:
            return
        self._bundles[bundle.digest] = bundle
        question = asking(case.flip.subject, case.envelope, rule)
        self._wanted.setdefault(bundle.digest, {})[rule.id, case.envelope] = question

    def ask(self) -> None:
        for name, questions in self._wanted.items():
            if not self._asked(name, questions):
                rules = sorted({rule for rule, _ in questions})
                for rule in rules:  # one that is refused keeps none of the others from answering
                    self._asked(name, {at: q for at, q in questions.items() if at[0] == rule})

    def _asked(self, name: str, questions: Mapping[tuple[str, bytes], Question]) -> bool:
        """Ask all of them together; False where the evaluator refuses that."""
        rules = {rule.id: rule for question in questions.values() for rule in question.rules}
        try:
            probed = probe(self._bundles[name], list(rules.values()))
            with self._engine.prepare(probed) as prepared:
                answers = list(prepared.answers(list(questions.values())))
        except (PolicyLoadError, EngineError):
            return False
        for (rule, envelope), answer in zip(questions, answers, strict=True):
            self._held[name, rule, envelope] = answer.get(rule)
        return True

    def reached(self, bundle: PolicyBundle | None, case: _Case) -> list[tuple[Body, int]] | None:
        """Return each body with how many of its conditions hold; None where nobody knows."""
        rule = _rule(bundle, case.flip.rule)
        if bundle is None or rule is None or case.envelope is None:
            return None
        every = bodies(bundle, rule)
        answer = self._held.get((bundle.digest, rule.id, case.envelope))
        counts = held(answer, len(every))
        return None if counts is None else list(zip(every, counts, strict=True))


def _why(case: _Case, probes: _Probes, words: tuple[str, str]) -> Why:
    flip = case.flip
    if flip.change is Change.OPENED:
        return Why(f"not decided: {flip.detail}")
    if flip.change is Change.SETTLED:
        return Why(f"then not decided ({flip.detail}), now it is")
    if flip.change is Change.CHANGED and flip.before and flip.after:
        return Why(_changed(flip.before, flip.after))
    gained = flip.change is Change.GAINED
    silent, when = (case.before, words[0]) if gained else (case.after, words[1])
    rule = _rule(silent, flip.rule)
    if rule is None:
        return Why("the rule is new" if gained else "the rule is gone")
    kind = flip.subject.partition("/")[0]
    if kind not in rule.subjects:
        return Why(f"{when} the rule does not speak about a {kind}")
    return _condition(case, probes.reached(silent, case), when)


def _condition(case: _Case, reached: list[tuple[Body, int]] | None, when: str) -> Why:
    """Return the first condition that does not hold on the side without the finding."""
    difference = _difference(case)
    if reached is None:
        return Why(f"the conditions could not be asked one after the other; {difference}")
    ways = [each for each in reached if each[0].code in {case.flip.code, ""}]
    if not ways:
        return Why(f"{when} no condition leads to `{case.flip.code}`")
    body, count = min(ways, key=lambda each: len(each[0].conditions) - each[1])
    if count >= len(body.conditions):
        return Why(f"every condition holds on both sides, what is reported differs; {difference}")
    failing = body.conditions[count]
    text = " ".join(failing.text.split())
    other = case.after if case.flip.change is Change.GAINED else case.before
    same = any(text == " ".join(c.text.split()) for b in _bodies(other, case) for c in b.conditions)
    more = f"; it reads the same on both sides, but {difference}" if same else ""
    return Why(f"{when} `{text}` does not hold{more}", failing.position)


def _bodies(bundle: PolicyBundle | None, case: _Case) -> Iterable[Body]:
    rule = _rule(bundle, case.flip.rule)
    if bundle is None or rule is None:
        return ()
    return bodies(bundle, rule)


def _difference(case: _Case) -> str:
    """Return what differs between the two versions of the rule: parameters, text, libraries."""
    old, new = case.before, case.after
    rule = _rule(new, case.flip.rule) or _rule(old, case.flip.rule)
    if old is None or new is None or rule is None:
        return "the rule stands on one side only"
    if changed := _parameters(old, new, rule):
        return f"parameters differ: {changed}"
    if _texts(old, rule.module) != _texts(new, rule.module):
        return "the rule's text differs"
    if _texts(old, "policies/lib/") != _texts(new, "policies/lib/"):
        return "a library differs"
    return "rule, libraries and parameters are the same: the evaluator answers differently"


def _parameters(old: PolicyBundle, new: PolicyBundle, rule: Rule) -> str:
    _, family, name = rule.package.split(".")
    sides = [b.data.get("parameters", {}).get(family, {}).get(name, {}) for b in (old, new)]
    names = sorted({*sides[0], *sides[1]})
    return ", ".join(
        f"{n} {sides[0].get(n, 'absent')} → {sides[1].get(n, 'absent')}"
        for n in names
        if sides[0].get(n) != sides[1].get(n)
    )


def _texts(bundle: PolicyBundle, prefix: str) -> dict[str, str]:
    return {m.path: m.text for m in bundle.modules if m.path.startswith(prefix)}


def _changed(before: Finding, after: Finding) -> str:
    parts = []
    if before.severity is not after.severity:
        parts.append(f"severity {before.severity} → {after.severity}")
    old, new = dict(before.params), dict(after.params)
    parts += [
        f"{name} {old.get(name, 'absent')} → {new.get(name, 'absent')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return "it reports " + ", ".join(parts)


def _holder(bundles: Sequence[PolicyBundle], rule: str) -> PolicyBundle | None:
    return next((bundle for bundle in bundles if _rule(bundle, rule) is not None), None)


def _rule(bundle: PolicyBundle | None, name: str) -> Rule | None:
    rules = bundle.rules if bundle is not None else ()
    return next((rule for rule in rules if rule.id == name), None)
