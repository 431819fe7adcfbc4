"""Puts what was judged once before other policies: what was recorded, byte for byte, and no more.

Where a rule needs what no recorded envelope has (a kind that nobody looked at, the time, a fact),
that is `Missing`, which is never a pass: an answer about less than a rule asks for would be a
guess. The same envelope is judged once, however often it was recorded, and a rule that is the same
as the one that was recorded need not be asked: no evaluator could answer it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Final, Self

from controlplane.operations.differing import differing
from controlplane.operations.inputs import Given, Inputs, choose, facts_named
from controlplane.operations.past import PastDecision
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Prepared, Question, answered
from controlplane.policy.entries import told_alike
from controlplane.policy.model import Finding, Indeterminate, PolicyBundle, Rule, Severity, Verdict

FEW: Final = 3  # rules of a group that are asked one by one rather than with all of the group
REMEMBERED: Final = 200_000  # answers kept, so that an envelope seen again is not judged again


@dataclass(frozen=True)
class Missing:
    """A rule was not asked about a subject, because the recorded input lacks what it needs."""

    rule: str
    subject: str  # a kind alone where no subject of it was recorded
    what: str


@dataclass(frozen=True)
class Answered:
    """What policies say about one decision's input, and what they could not be asked.

    `inputs` is (subject, rule) → digest of the envelope the rule was given.
    """

    findings: frozenset[Finding]
    indeterminate: frozenset[Indeterminate]
    missing: frozenset[Missing] = frozenset()
    asked: bool = True  # at least one rule was
    inputs: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def denies(self) -> bool:
        """Whether a finding forbids it."""
        return any(finding.severity is Severity.DENY for finding in self.findings)

    @property
    def is_open(self) -> bool:
        """Whether something could not be decided; that nobody was asked is of that sort."""
        return bool(self.indeterminate or self.missing) or not self.asked


def as_recorded(verdict: Verdict) -> Answered:
    """Return the answer that was given at the time."""
    return Answered(
        frozenset(verdict.findings), frozenset(verdict.indeterminate), asked=bool(verdict.rules)
    )


_Key = tuple[int, tuple[str, ...], str]  # (bundle, rules, envelope digest)
_Told = tuple[bool, bool]  # (the time, the facts)
_Part = tuple[frozenset[Finding], frozenset[Indeterminate]]
_SILENT: _Part = (frozenset(), frozenset())


@dataclass(frozen=True)
class _Ask:
    """Some rules of one bundle about one envelope. `question` is None where it was answered.

    `group` are the rules that the evaluator is asked: those of the question or all that are told
    the same, whose answers are then left aside.
    """

    key: _Key
    subject: str
    question: Question | None
    group: tuple[Rule, ...]


@dataclass(frozen=True)
class Plan:
    """What is to be asked about one decision, what cannot be, and what it says already."""

    asks: Sequence[_Ask]
    missing: frozenset[Missing]
    stands: frozenset[Finding] = frozenset()
    answered: bool = False  # some rule's answer stands


@dataclass(frozen=True)
class _Scope:
    """What is asked again of decisions that were made by the same policies."""

    same: frozenset[str]  # rules whose recorded answer stands
    told: Sequence[Mapping[str, Mapping[_Told, tuple[Rule, ...]]]]  # the others, by bundle and kind
    wanted: Mapping[str, tuple[str, ...]]  # kinds that no recorded rule looked at, and who wants to


class Panel:
    """Policies in an evaluator, asked about many decisions. A context manager.

    One bundle is loaded at a time: a shared OPA server holds no two of them at once. With `only`
    these rules count and no others; the bundles are loaded whole, as they are at hand. With
    `believing` the recorded answer of a rule that is still the same stands.
    """

    def __init__(
        self,
        engine: PolicyEngine,
        bundles: Iterable[PolicyBundle],
        only: frozenset[str] | None = None,
        *,
        believing: bool = False,
    ) -> None:
        self.bundles = tuple(bundles)
        self.asked = 0  # questions that the evaluator was asked
        self._engine = engine
        self._inputs = Inputs()
        self._answers: dict[_Key, _Part] = {}
        self._rules = [
            tuple(rule for rule in bundle.rules if only is None or rule.id in only)
            for bundle in self.bundles
        ]
        self._kinds = {kind for rules in self._rules for rule in rules for kind in rule.subjects}
        self._believing = believing
        self._scopes: dict[tuple[frozenset[str], frozenset[str]], _Scope] = {}
        self._groups = [_told(bundle.rules, self._kinds) for bundle in self.bundles]
        self._facts = [
            {rule.id: facts_named(bundle, rule) for rule in rules}
            for bundle, rules in zip(self.bundles, self._rules, strict=True)
        ]
        self._open: tuple[int, Prepared] | None = None

    def plan(self, decision: PastDecision) -> Plan:
        """Return what is to be asked about a decision.

        Raises EvidenceError where its records are damaged.
        """
        asks: list[_Ask] = []
        missing: set[Missing] = set()
        scope = self._scope(decision)
        judged = decision.judged()
        kinds = frozenset(subject.partition("/")[0] for subject in judged)
        for subject, names in judged.items():
            kind = subject.partition("/")[0]
            if not any(kind in told for told in scope.told):
                self._inputs.require(decision, names)
                continue
            given = self._inputs.of(decision, names)
            for number, told in enumerate(scope.told):
                for what, rules in told.get(kind, {}).items():
                    chosen = choose(given, timed=what[0], informed=what[1])
                    lacks = {r.id: self._lacks(number, r, chosen, decision) for r in rules}
                    missing |= {Missing(name, subject, why) for name, why in lacks.items() if why}
                    able = tuple(rule for rule in rules if not lacks[rule.id])
                    if able and not isinstance(chosen, str):
                        group = self._groups[number][kind][what] if len(able) > FEW else able
                        asks.append(self._asking(number, subject, chosen, able, group))
        unseen = (
            Missing(rule, kind, f"no rule looked at a {kind} then")
            for kind, rules in scope.wanted.items()
            if kind not in kinds
            for rule in rules
        )
        stands = frozenset(f for f in decision.engines.findings if f.rule in scope.same)
        answered = not scope.same.isdisjoint(decision.engines.rules)
        return Plan(asks, frozenset(missing | set(unseen)), stands, answered)

    def _scope(self, decision: PastDecision) -> _Scope:
        """Return what to ask about a decision; what stayed open then is always asked again."""
        policies = frozenset(each.policies for each in decision.judgements)
        unclear = frozenset(each.rule for each in decision.engines.indeterminate)
        found = self._scopes.get((policies, unclear))
        if found is None:
            before = [decision.bundle(name) for name in policies]
            every = {rule.id for rules in self._rules for rule in rules}
            other = differing(before, self.bundles) if self._believing else every
            same = frozenset(every - other - unclear)
            asked = [[rule for rule in rules if rule.id not in same] for rules in self._rules]
            told = [
                _told(rules, {kind for rule in rules for kind in rule.subjects}) for rules in asked
            ]
            wanted = _unseen([rule for rules in asked for rule in rules], decision.kinds())
            found = self._scopes[policies, unclear] = _Scope(same, told, wanted)
        return found

    def input_then(self, decision: PastDecision, rule: str, subject: str) -> str:
        """Return the digest of the envelope that a rule was given then; "" where none was recorded.

        Raises EvidenceError where one that it is chosen from is damaged.
        """
        names = decision.judged().get(subject, ())
        bundle = decision.holder(rule)
        if bundle is None:
            return ""
        uses = next(each.uses for each in bundle.rules if each.id == rule)
        given = self._inputs.of(decision, names)
        found = choose(given, timed="time" in uses, informed="facts" in uses)
        return found.digest if isinstance(found, Given) and found.digest in names else ""

    def _asking(
        self,
        number: int,
        subject: str,
        given: Given,
        rules: tuple[Rule, ...],
        group: tuple[Rule, ...],
    ) -> _Ask:
        key = (number, tuple(rule.id for rule in rules), given.digest)
        known = key in self._answers
        question = None if known else Question(subject, given.text(), rules)
        return _Ask(key, subject, question, group)

    def _lacks(self, number: int, rule: Rule, given: Given | str, decision: PastDecision) -> str:
        """Return what a rule needs and was not recorded, "" for nothing."""
        if isinstance(given, str):
            return given
        names = self._facts[number][rule.id] - given.shape.facts
        if not names or _was_asked(rule, self.bundles[number], decision):
            return ""
        return f"the fact `{min(names)}` was not recorded"

    def answers(self, plans: Sequence[Plan]) -> list[Answered]:
        """Return what the policies say about each decision, for plans made since the last answers.

        Raises PolicyLoadError or EngineError where the policies cannot be evaluated.
        """
        wanted: dict[int, dict[_Key, tuple[Question, tuple[Rule, ...]]]] = {}
        for plan in plans:
            for ask in plan.asks:
                if ask.question is not None:
                    asked = wanted.setdefault(ask.key[0], {})
                    asked.setdefault(ask.key, (ask.question, ask.group))
        for number, questions in sorted(wanted.items()):
            self._ask(number, questions)
        found = [self._answered(plan) for plan in plans]
        if len(self._answers) > REMEMBERED:
            self._answers.clear()
        return found

    def _ask(
        self, number: int, questions: Mapping[_Key, tuple[Question, tuple[Rule, ...]]]
    ) -> None:
        prepared = self._prepared(number)
        asked = [replace(q, rules=group) for q, group in questions.values()]
        answers = answered(prepared, asked)
        for (key, (question, _)), answer in zip(questions.items(), answers, strict=True):
            verdict = decide(question, answer)
            part = (frozenset(verdict.findings), frozenset(verdict.indeterminate))
            self._answers[key] = part if any(part) else _SILENT
        self.asked += len(questions)

    def _answered(self, plan: Plan) -> Answered:
        parts = [self._answers[ask.key] for ask in plan.asks]
        return Answered(
            findings=plan.stands.union(*(found for found, _ in parts)),
            indeterminate=frozenset(i for _, unclear in parts for i in unclear),
            missing=plan.missing,
            asked=bool(parts) or plan.answered,
            inputs={(a.subject, rule): a.key[2] for a in plan.asks for rule in a.key[1]},
        )

    def _prepared(self, number: int) -> Prepared:
        if self._open is not None and self._open[0] == number:
            return self._open[1]
        self._close()
        prepared = self._engine.prepare(self.bundles[number])
        self._open = (number, prepared)
        return prepared

    def _close(self) -> None:
        if self._open is not None:
            prepared = self._open[1]
            self._open = None
            prepared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()


def _told(rules: Sequence[Rule], kinds: Iterable[str]) -> dict[str, dict[_Told, tuple[Rule, ...]]]:
    return {kind: told_alike(rules, kind) for kind in kinds}


def _unseen(rules: Sequence[Rule], kinds: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Return which rules want to see kinds that no rule looked at: nobody recorded those."""
    beyond = {kind for rule in rules for kind in rule.subjects} - kinds
    return {k: tuple(rule.id for rule in rules if k in rule.subjects) for k in sorted(beyond)}


def _was_asked(rule: Rule, bundle: PolicyBundle, decision: PastDecision) -> bool:
    """Whether the very same text was asked then, and so did without what it names."""
    before = decision.holder(rule.id)
    return before is not None and _text(before, rule.module) == _text(bundle, rule.module)


def _text(bundle: PolicyBundle, path: str) -> str:
    return next((module.text for module in bundle.modules if module.path == path), "")
