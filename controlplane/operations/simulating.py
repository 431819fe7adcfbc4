"""What other policies would have said about decisions that were made: every difference, counted.

Pure but for the evaluator and the records it is handed. The recorded answer is compared with the
candidates' answer to the same input. Both are what rules say, before waivers or severities of an
environment weigh it. Decisions are taken a few at a time, so that memory does not grow with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from controlplane.operations.asking_again import Answered, Panel, Plan, as_recorded
from controlplane.operations.past import PastDecision, Skipped, tenant_of
from controlplane.policy.model import Finding
from evidence.errors import EvidenceError

TOGETHER: Final = 500  # decisions whose questions are put together


class Answer(StrEnum):
    """What came of a decision."""

    ALLOW = "allow"
    DENY = "deny"
    OPEN = "indeterminate"  # which denies, for want of an answer


class Turn(StrEnum):
    """How a decision's answer would differ."""

    DENIED = "allow → deny"
    ALLOWED = "deny → allow"
    OPENED = "became indeterminate"


class Change(StrEnum):
    """How one rule's answer about one subject would differ."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"  # the same place, with another severity or other parameters
    OPENED = "became indeterminate"
    SETTLED = "became determinate"


@dataclass(frozen=True)
class Flip:
    """One difference. `before` and `after` are findings, None where there is none.

    `input` is the digest of the envelope, "" where none could be given; `detail` says why a rule
    was not answered.
    """

    change: Change
    rule: str
    subject: str
    before: Finding | None = None
    after: Finding | None = None
    input: str = ""
    detail: str = ""

    @property
    def tenant(self) -> str:
        """The tenant that the subject belongs to, "" for none."""
        return tenant_of(self.subject)

    @property
    def code(self) -> str:
        """The code of the finding, "" where it is about none."""
        found = self.after or self.before
        return found.code if found else ""


@dataclass(frozen=True)
class Flipped:
    """A decision that would have been another, or would have said something else."""

    name: str
    part: str
    base: str
    head: str
    time: str
    classes: tuple[str, ...]
    before: Answer
    after: Answer
    flips: tuple[Flip, ...]

    @property
    def turn(self) -> Turn | None:
        """How the answer itself differs, None where it is the same."""
        return turn(self.before, self.after)


@dataclass
class Simulation:
    """What came of it. `skipped` was not looked at; nobody may think that it was."""

    decisions: int = 0
    inputs: int = 0  # envelopes recorded
    asked: int = 0  # questions put to the evaluator, each once
    flipped: list[Flipped] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def turns(self) -> Counter[Turn]:
        """How many decisions turn, by how."""
        return Counter(each.turn for each in self.flipped if each.turn is not None)

    @property
    def changes(self) -> Counter[Change]:
        """How many single answers differ, by how."""
        return Counter(flip.change for each in self.flipped for flip in each.flips)

    def by(self, key: Callable[[Flipped, Flip], Iterable[str]]) -> Mapping[str, Counter[str]]:
        """Return name → how many changes and turns, for the names that `key` gives a flip.

        A turn of a decision counts once for each name among its flips.
        """
        found: dict[str, Counter[str]] = {}
        for each in self.flipped:
            names: set[str] = set()
            for flip in each.flips:
                for name in key(each, flip):
                    found.setdefault(name, Counter())[flip.change] += 1
                    names.add(name)
            if each.turn is not None:
                for name in names:
                    found[name][each.turn] += 1
        return dict(sorted(found.items()))


def answer_of(answered: Answered) -> Answer:
    """Return what comes of answers: a deny stands whatever else is open."""
    if answered.denies:
        return Answer.DENY
    return Answer.OPEN if answered.is_open else Answer.ALLOW


def turn(before: Answer, after: Answer) -> Turn | None:
    """Return how the decision turns; indeterminate was a deny, and is not one that was meant."""
    if after is Answer.OPEN:
        return None if before is Answer.OPEN else Turn.OPENED
    if before is Answer.ALLOW:
        return Turn.DENIED if after is Answer.DENY else None
    return Turn.ALLOWED if after is Answer.ALLOW else None


Look = Callable[[PastDecision, Flip], None]
"""Is shown every flip while the decision's records are at hand."""


def simulate(decisions: Iterable[PastDecision | Skipped], panel: Panel, look: Look) -> Simulation:
    """Judge decisions again under the panel's policies.

    Raises PolicyLoadError or EngineError where those cannot be evaluated.
    """
    found = Simulation()
    for some in portions(decisions, panel, found.skipped):
        answers = panel.answers([plan for _, plan in some])
        for (decision, _), after in zip(some, answers, strict=True):
            found.decisions += 1
            found.inputs += sum(map(len, decision.judged().values()))
            before = as_recorded(decision.engines)
            flips = _with_inputs(compare(before, after), decision, panel)
            if flips or answer_of(before) is not answer_of(after):
                found.flipped.append(_flipped(decision, before, after, flips))
            for flip in flips:
                look(decision, flip)
    found.asked = panel.asked
    return found


def portions(
    decisions: Iterable[PastDecision | Skipped], panel: Panel, skipped: list[Skipped]
) -> Iterator[list[tuple[PastDecision, Plan]]]:
    """Yield decisions with what is to be asked, some at a time; notes what was skipped.

    A decision whose records are damaged is skipped as a whole.
    """
    some: list[tuple[PastDecision, Plan]] = []
    for each in decisions:
        if isinstance(each, Skipped):
            skipped.append(each)
            continue
        try:
            some.append((each, panel.plan(each)))
        except EvidenceError as error:
            skipped.append(Skipped(each.part, str(error)))
        if len(some) == TOGETHER:
            yield some
            some = []
    if some:
        yield some


def compare(before: Answered, after: Answered) -> tuple[Flip, ...]:
    """Return every difference between two answers to the same input, in a fixed order."""
    opened = {(each.rule, each.subject): each.what for each in after.missing}
    opened |= {(each.rule, each.subject): each.cause.value for each in after.indeterminate}
    was_open = {(each.rule, each.subject): each.cause.value for each in before.indeterminate}
    flips = [
        Flip(Change.OPENED, *at, input=_input(after, *at), detail=detail)
        for at, detail in opened.items()
        if at not in was_open
    ]
    flips += [
        Flip(Change.SETTLED, *at, input=_input(after, *at), detail=detail)
        for at, detail in was_open.items()
        if at not in opened
    ]
    lost = _placed(before.findings - after.findings)
    gained = _placed(after.findings - before.findings)
    for place in {*lost, *gained}:
        if (place[0], place[1]) not in opened:
            flips += _at_place(lost.get(place, []), gained.get(place, []), after)
    return tuple(sorted(flips, key=_order))


_Place = tuple[str, str, str, str]  # rule, subject, code, path


def _placed(findings: Iterable[Finding]) -> dict[_Place, list[Finding]]:
    found: dict[_Place, list[Finding]] = {}
    for each in sorted(findings, key=repr):
        found.setdefault((each.rule, each.subject, each.code, repr(each.path)), []).append(each)
    return found


def _at_place(
    lost: Sequence[Finding], gained: Sequence[Finding], after: Answered
) -> Iterator[Flip]:
    """Yield the differences at one place: a finding that only says other things is the same."""
    for number in range(max(len(lost), len(gained))):
        old = lost[number] if number < len(lost) else None
        new = gained[number] if number < len(gained) else None
        either = old or new
        if either is not None:
            change = Change.CHANGED if old and new else Change.GAINED if new else Change.LOST
            given = _input(after, either.rule, either.subject)
            yield Flip(change, either.rule, either.subject, old, new, given)


def _with_inputs(flips: tuple[Flip, ...], decision: PastDecision, panel: Panel) -> tuple[Flip, ...]:
    """Name what a rule that is not asked again was asked about then."""
    return tuple(
        f if f.input else replace(f, input=panel.input_then(decision, f.rule, f.subject))
        for f in flips
    )


def _input(answered: Answered, rule: str, subject: str) -> str:
    return answered.inputs.get((subject, rule), "")


def _order(flip: Flip) -> tuple[str, ...]:
    return (flip.subject, flip.rule, flip.change, flip.code, repr(flip.before), repr(flip.after))


def _flipped(
    decision: PastDecision, before: Answered, after: Answered, flips: tuple[Flip, ...]
) -> Flipped:
    return Flipped(
        name=decision.name,
        part=decision.part,
        base=decision.base,
        head=decision.head,
        time=decision.time,
        classes=decision.classes,
        before=answer_of(before),
        after=answer_of(after),
        flips=flips,
    )
