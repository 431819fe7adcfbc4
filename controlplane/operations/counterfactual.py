"""What a change of policy would have decided otherwise: base against head, on what was judged once.

Both sides judge the same recorded inputs; of the rules only those count that differ. A rule that no
recorded input can be given to is asked about every resource of head. It allows and denies nothing
by itself: rules see what was loosened as the fact `loosened`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controlplane.operations.asking_again import Answered, Panel
from controlplane.operations.differing import differing, no_longer_deny
from controlplane.operations.first_difference import Reasons
from controlplane.operations.judging import questions
from controlplane.operations.past import PastDecision, Skipped, made_of
from controlplane.operations.simulating import Change, Flip, compare
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.envelope import Subject
from controlplane.policy.model import PolicyBundle, Rule, Severity
from evidence.canonical import Json
from evidence.errors import EvidenceError

DECISIONS: Final = 500  # looked at, the latest first
BYTES: Final = 64 * 1024 * 1024  # of the envelopes that are looked at
EXAMPLES: Final = 3  # of a rule


@dataclass(frozen=True)
class Example:
    """One answer that differs, and the first condition that does."""

    flip: Flip
    part: str
    why: str


@dataclass(frozen=True)
class RuleFlips:
    """How often one rule would have decided otherwise: inputs, each counted once."""

    rule: str
    module: str  # its file at the base, "" where it is new
    loosened: int  # denied under base, and not under head
    tightened: int  # denied under head, and not under base
    opened: int  # not decided under head
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Counterfactual:
    """All of it. `weakened` are rules that deny at the base and are gone or deny less at head.

    `passes` is (rule, subject) of what is denied under base and not under head, on some input.
    """

    differing: tuple[str, ...]
    decisions: int
    resources: int  # of head that were looked at as well
    rules: tuple[RuleFlips, ...]
    passes: frozenset[tuple[str, str]]
    weakened: Mapping[str, str]  # rule → its file at the base
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class Now:
    """What can be judged of head at this moment: every resource, the facts, the time."""

    subjects: Callable[[], Sequence[Subject]]
    facts: Mapping[str, Json]
    time: Json


def counterfactual(
    base: Sequence[PolicyBundle],
    head: Sequence[PolicyBundle],
    past: Iterable[PastDecision | Skipped],
    now: Now,
    engine: PolicyEngine,
) -> Counterfactual | None:
    """Return what head would have decided otherwise than base, None where no rule differs.

    Raises PolicyLoadError or EngineError where either side cannot be evaluated.
    """
    changed = differing(base, head)
    if not changed:
        return None
    skipped: list[Skipped] = []
    sides = _Sides(engine, changed, _having(base, changed), _having(head, changed))
    recorded = list(_bounded(past, skipped))
    sides.judge(recorded, skipped)
    unseen = changed - sides.seen
    resources = 0
    if unseen:
        rest = _Sides(engine, unseen, _having(base, unseen), _having(head, unseen))
        subjects = now.subjects()
        resources = len(subjects)
        rest.judge([_whole(rest, subjects, now)], skipped)
        sides.take(rest)
    return Counterfactual(
        differing=tuple(sorted(changed)),
        decisions=len(recorded),
        resources=resources,
        rules=tuple(sides.rules(base, head)),
        passes=sides.passes(),
        weakened={name: r.module for name, r in sorted(no_longer_deny(base, head).items())},
        skipped=tuple(skipped),
    )


def _having(bundles: Sequence[PolicyBundle], rules: frozenset[str]) -> tuple[PolicyBundle, ...]:
    return tuple(bundle for bundle in bundles if any(rule.id in rules for rule in bundle.rules))


def _bounded(
    past: Iterable[PastDecision | Skipped], skipped: list[Skipped]
) -> Iterator[PastDecision]:
    """Yield the latest decisions within the bounds; says where more are left out."""
    count = size = 0
    for each in past:
        if isinstance(each, Skipped):
            skipped.append(each)
            continue
        if count >= DECISIONS or size >= BYTES:
            what = f"only the latest {count} decisions are looked at"
            skipped.append(Skipped("older decisions", what))
            return
        try:
            names = {name for given in each.judged().values() for name in given}
            size += sum(len(each.envelope(name)) for name in names)
        except EvidenceError as error:
            skipped.append(Skipped(each.part, str(error)))
            continue
        count += 1
        yield each


def _whole(sides: _Sides, subjects: Sequence[Subject], now: Now) -> PastDecision:
    asked = (
        (bundle, question.subject, question.envelope)
        for bundle in (*sides.base, *sides.head)
        for question in questions(subjects, sides.of(bundle), now.facts, now.time)
    )
    return made_of(asked, "head as it is")


_At = tuple[str, str, str]  # rule, subject, envelope digest
_TURNS: Final = ("loosened", "tightened", "opened")


@dataclass
class _Sides:
    """Both sides' answers to the same inputs, as far as `counted` rules give them."""

    engine: PolicyEngine
    counted: frozenset[str]
    base: tuple[PolicyBundle, ...]
    head: tuple[PolicyBundle, ...]
    seen: set[str] = field(default_factory=set)  # rules asked on every side that has them
    _turned: dict[str, set[_At]] = field(default_factory=lambda: {each: set() for each in _TURNS})
    _flips: dict[str, list[tuple[PastDecision, Flip]]] = field(default_factory=dict)

    def judge(self, decisions: Sequence[PastDecision], skipped: list[Skipped]) -> None:
        """Ask both sides; a decision whose records are damaged is left out of both."""
        sound = [d for d in decisions if not _damaged(d, skipped)]
        before, after = self._answers(self.base, sound), self._answers(self.head, sound)
        for decision, old, new in zip(sound, before, after, strict=True):
            self._compare(decision, old, new)
        here = [{r.id for b in side for r in self.of(b)} for side in (self.base, self.head)]
        asked = [{rule for a in answers for _, rule in a.inputs} for answers in (before, after)]
        wanting = [own - found for own, found in zip(here, asked, strict=True)]
        self.seen |= (here[0] | here[1]) - wanting[0] - wanting[1]

    def of(self, bundle: PolicyBundle) -> tuple[Rule, ...]:
        """Return the rules of a bundle that count."""
        return tuple(rule for rule in bundle.rules if rule.id in self.counted)

    def _answers(
        self, bundles: tuple[PolicyBundle, ...], decisions: Sequence[PastDecision]
    ) -> list[Answered]:
        with Panel(self.engine, bundles, self.counted) as panel:
            return panel.answers([panel.plan(decision) for decision in decisions])

    def _compare(self, decision: PastDecision, before: Answered, after: Answered) -> None:
        inputs = {**before.inputs, **after.inputs}
        denied, blocked = _denied(before), _denied(after)
        unasked = {(each.rule, each.subject) for each in before.missing}
        opened = {(each.rule, each.subject) for each in after.missing}
        opened |= {(each.rule, each.subject) for each in after.indeterminate}
        turned = (
            denied - blocked - opened,
            blocked - denied - opened - unasked,
            opened - denied - unasked,
        )
        for name, pairs in zip(_TURNS, turned, strict=True):
            self._turned[name] |= {
                (rule, subject, inputs.get((subject, rule), decision.name))
                for rule, subject in pairs
            }
        for flip in compare(before, after):
            self._flips.setdefault(flip.rule, []).append((decision, flip))

    def take(self, other: _Sides) -> None:
        """Take over what another pair of sides found."""
        self.seen |= other.seen
        for name, found in other._turned.items():
            self._turned[name] |= found
        for rule, flips in other._flips.items():
            self._flips.setdefault(rule, []).extend(flips)

    def passes(self) -> frozenset[tuple[str, str]]:
        """Return (rule, subject) of what is denied under base and not under head."""
        return frozenset((rule, subject) for rule, subject, _ in self._turned["loosened"])

    def rules(
        self, base: Sequence[PolicyBundle], head: Sequence[PolicyBundle]
    ) -> Iterator[RuleFlips]:
        """Yield the rules that would have decided otherwise, with examples."""
        files = {rule.id: rule.module for bundle in base for rule in bundle.rules}
        shown = {rule: _examples(flips) for rule, flips in sorted(self._flips.items())}
        reasons = Reasons(head, base, ("under base", "under head"))
        for flips in shown.values():
            for decision, flip in flips:
                reasons.look(decision, flip)
        why = reasons.explain(self.engine)
        for rule, flips in shown.items():
            yield RuleFlips(
                rule=rule,
                module=files.get(rule, ""),
                loosened=self._count("loosened", rule),
                tightened=self._count("tightened", rule),
                opened=self._count("opened", rule),
                examples=tuple(
                    Example(flip, decision.part, str(why.get(flip, "not known")))
                    for decision, flip in flips
                ),
            )

    def _count(self, turn: str, rule: str) -> int:
        return sum(at[0] == rule for at in self._turned[turn])


def _damaged(decision: PastDecision, skipped: list[Skipped]) -> bool:
    try:
        decision.kinds()
    except EvidenceError as error:
        skipped.append(Skipped(decision.part, str(error)))
        return True
    return False


def _denied(answered: Answered) -> set[tuple[str, str]]:
    """Return (rule, subject) of what denies; what was asked and not decided does."""
    denied = {(f.rule, f.subject) for f in answered.findings if f.severity is Severity.DENY}
    return denied | {(each.rule, each.subject) for each in answered.indeterminate}


def _examples(flips: list[tuple[PastDecision, Flip]]) -> list[tuple[PastDecision, Flip]]:
    """Return a few flips, each once: what is no longer found first."""
    order = [Change.LOST, Change.CHANGED, Change.GAINED, Change.OPENED, Change.SETTLED]
    once = {flip: (decision, flip) for decision, flip in reversed(flips)}
    return sorted(once.values(), key=lambda each: order.index(each[1].change))[:EXAMPLES]
