"""What is to be judged, in portions that do not depend on one another.

Decides how a revision is cut and what judging one portion gives: everything that a report says of
it, and no more, so that portions can be judged by several processes and memory does not grow with
the fleet. How portions are spread is left to `spreading`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from controlplane.operations import rendering, subjects
from controlplane.operations.deltas import ObjectDelta, deltas
from controlplane.operations.findings import Known, Place, Places
from controlplane.operations.judging import Answered, Judgement, Keeper, answered, together
from controlplane.operations.policies import NamedBundle
from controlplane.operations.sides import both
from controlplane.operations.spreading import Lost, spread
from controlplane.policy.engine import PolicyEngine, Prepared
from controlplane.policy.envelope import Subject
from controlplane.policy.model import Cause, Indeterminate, PolicyBundle, Verdict
from controlplane.render.helm import ChartRenderer
from controlplane.render.model import RenderedPlacement
from controlplane.repo.changes import SubjectChange
from controlplane.repo.snapshot import Snapshot
from controlplane.values import FieldPath, Position, Problem
from evidence.canonical import Json
from evidence.errors import MalformedError
from evidence.packs import Pack

TENANTS = 25  # of one portion, with their locks and placements
_OF_A_TENANT = ("Tenant", "PackLock")

Name = tuple[str, str]
"""Kind and identity of a resource."""


class PackWriter(Keeper, Protocol):
    """A keeper that is a file; durable once it is closed."""

    path: Path

    def close(self) -> None:
        """Make it durable."""

    def abandon(self) -> None:
        """Leave none of it."""


@dataclass(frozen=True)
class Portion:
    """Resources, and tenants whose placements are rendered; `extra` are subjects at hand."""

    resources: tuple[Name, ...] = ()
    tenants: tuple[str, ...] = ()
    extra: tuple[Subject, ...] = ()


@dataclass(frozen=True)
class Heard:
    """What judging a portion gave; `answers` are one for each policy set, in order."""

    problems: tuple[Problem, ...] = ()
    answers: tuple[Answered, ...] = ()
    found: Mapping[tuple[str, FieldPath], Place] = field(default_factory=dict)
    open: Mapping[str, Position] = field(default_factory=dict)
    deltas: tuple[ObjectDelta, ...] = ()
    pack: Path | None = None


@dataclass(frozen=True)
class Hearing:
    """What judging all portions gave. `judgements` are empty where there are `problems`.

    `packs` hold the envelopes that the judgements do not.
    """

    problems: tuple[Problem, ...] = ()
    judgements: tuple[tuple[str, Judgement], ...] = ()  # ("base/shipped", …)
    places: Known = field(default_factory=lambda: Known({}, {}))
    deltas: tuple[ObjectDelta, ...] = ()
    packs: tuple[Path, ...] = ()

    def then(self, later: Hearing) -> Hearing:
        """Return this and what the same court heard afterwards, as one."""
        return Hearing(
            problems=(*self.problems, *later.problems),
            judgements=both(self.judgements, later.judgements),
            places=Known(
                {**self.places.findings, **later.places.findings},
                {**self.places.subjects, **later.places.subjects},
            ),
            deltas=(*self.deltas, *later.deltas),
            packs=(*self.packs, *later.packs),
        )


def cut(
    names: Collection[Name], tenants: Collection[str], extra: Sequence[Subject]
) -> list[Portion]:
    """Return portions that together hold all of it; a tenant and what is its own stay together."""
    own = {name for name in names if name[0] in _OF_A_TENANT}
    owners = sorted({*tenants, *(identity for _, identity in own)})
    portions = []
    for start in range(0, len(owners), TENANTS):
        some = owners[start : start + TENANTS]
        resources = [(kind, name) for name in some for kind in _OF_A_TENANT if (kind, name) in own]
        rendered = tuple(name for name in some if name in tenants)
        portions.append(Portion(tuple(resources), rendered))
    rest = Portion(tuple(sorted(set(names) - own)), (), tuple(extra))
    return [rest, *portions] if len(portions) > 1 else [_one(rest, portions)]


def _one(rest: Portion, portions: Sequence[Portion]) -> Portion:
    resources = [*rest.resources, *(name for portion in portions for name in portion.resources)]
    tenants = tuple(name for portion in portions for name in portion.tenants)
    return Portion(tuple(sorted(resources)), tenants, rest.extra)


@dataclass(frozen=True)
class Court:
    """What every portion of one step is judged by, and with.

    `touched` are the changes of the step by name; `reached` the tenants whose placements may
    differ from those of `base`; `locate` finds what the change as a whole is said to be wrong in;
    `new_pack` begins a file for envelopes, None keeps them in memory.
    """

    head: Snapshot
    base: Snapshot
    touched: Mapping[Name, SubjectChange]
    reached: frozenset[str]
    sets: Sequence[tuple[str, NamedBundle]]
    engine: PolicyEngine
    charts: ChartRenderer
    facts: Mapping[str, Json]
    time: Json
    locate: Callable[[FieldPath], Position | None] = lambda _: None
    new_pack: Callable[[], PackWriter] | None = None
    workers: int = 1

    def judge(self, portions: Sequence[Portion]) -> Hearing:
        """Return what all of them gave, as if they were one.

        Raises PolicyLoadError where the engine cannot evaluate a bundle faithfully. What a process
        that ended was to judge is indeterminate.
        """
        court = self if len(portions) > 1 else replace(self, new_pack=None)
        given = spread(portions, court.hear, self.workers)
        heard = [self._lost(each.portion) if isinstance(each, Lost) else each for each in given]
        found = self._kept(portions, heard)
        if problems := {problem for each in found for problem in each.problems}:
            return Hearing(tuple(sorted(problems)))
        rows = zip(*(each.answers for each in found), strict=True)
        return Hearing(
            judgements=tuple(
                (name, together(self.engine, named.bundle, row))
                for (name, named), row in zip(self.sets, rows, strict=True)
            ),
            places=Known(
                {where: place for each in found for where, place in each.found.items()},
                {subject: place for each in found for subject, place in each.open.items()},
            ),
            deltas=tuple(sorted((d for e in found for d in e.deltas), key=lambda d: d.placement)),
            packs=tuple(sorted({each.pack for each in found if each.pack is not None})),
        )

    def _kept(self, portions: Sequence[Portion], heard: Sequence[Heard]) -> list[Heard]:
        """Return what was heard; lost is what lies in a pack that its process did not finish."""
        broken = {p for p in {each.pack for each in heard} if p is not None and not _opens(p)}
        return [
            self._lost(portion) if each.pack in broken else each
            for portion, each in zip(portions, heard, strict=True)
        ]

    def asked(self, portions: Iterable[Portion]) -> Iterator[Subject]:
        """Yield what the portions hold; placements that cannot be rendered not."""
        known = subjects.Projections(self.head)
        for portion in portions:
            rendered = rendering.render(self.head, portion.tenants, self.charts)
            yield from self._subjects(portion, rendered.placements, known)
            yield from portion.extra

    def hear(self, portions: Iterator[Portion]) -> Iterator[Heard]:
        """Yield what judging each portion gives; engines and the pack last until the end."""
        known = subjects.Projections(self.head)
        with ExitStack() as stack:
            pack = self.new_pack() if self.new_pack is not None else None
            if pack is not None:
                stack.enter_context(_abandoned(pack))
            prepared = [
                stack.enter_context(self.engine.prepare(named.bundle)) for _, named in self.sets
            ]
            for number, portion in enumerate(portions):
                found = self._heard(portion, known, prepared, pack)
                yield found if number == 0 else _without_file(found)
            if pack is not None:
                pack.close()

    def _heard(
        self,
        portion: Portion,
        known: subjects.Projections,
        prepared: Sequence[Prepared],
        pack: PackWriter | None,
    ) -> Heard:
        rendered = rendering.render(self.head, portion.tenants, self.charts)
        if rendered.problems:
            return Heard(tuple(p for found in rendered.problems.values() for p in found))
        asked = [*self._subjects(portion, rendered.placements, known), *portion.extra]
        answers = tuple(
            answered(ready, named.bundle.rules, asked, self.facts, self.time, pack)
            for ready, (_, named) in zip(prepared, self.sets, strict=True)
        )
        by_name = {each.name: each for each in rendered.placements}
        places = Places(self.head, by_name, asked, self.locate)
        return Heard(
            answers=answers,
            found={
                (f.subject, f.path): places.locate(f)
                for each in answers
                for f in each.verdict.findings
            },
            open=_open(answers, places),
            deltas=self._deltas(portion, rendered.placements),
            pack=None if pack is None else pack.path,
        )

    def _subjects(
        self,
        portion: Portion,
        placements: Sequence[RenderedPlacement],
        known: subjects.Projections,
    ) -> Iterator[Subject]:
        for name in portion.resources:
            resource = self.head.get(*name)
            if resource is not None:
                change = self.touched.get(name)
                yield subjects.resource_subject(resource, known, self.base, change)
        for placement in placements:
            yield subjects.placement_subject(placement, known)

    def _deltas(
        self, portion: Portion, placements: Sequence[RenderedPlacement]
    ) -> tuple[ObjectDelta, ...]:
        reached = self.reached.intersection(portion.tenants)
        before = rendering.render(self.base, reached, self.charts).placements if reached else ()
        return deltas(before, [each for each in placements if each.tenant in reached])

    def _lost(self, portion: Portion) -> Heard:
        """Return that nothing of a portion was decided, rule by rule."""
        names = [*portion.resources, *(("Placement", tenant) for tenant in portion.tenants)]
        names += [(subject.kind, subject.name) for subject in portion.extra]
        answers = tuple(_undecided(named.bundle, names) for _, named in self.sets)
        return Heard(answers=answers, open=_open(answers, Places(self.head, {}, portion.extra)))


@contextmanager
def _abandoned(pack: PackWriter) -> Iterator[None]:
    """Leave no unfinished pack where judging or writing failed: it would take up room."""
    try:
        yield
    except BaseException:
        pack.abandon()
        raise


def _opens(pack: Path) -> bool:
    try:
        Pack(pack)
    except (MalformedError, OSError):
        return False
    return True


def _open(answers: Sequence[Answered], places: Places) -> Mapping[str, Position]:
    """Return where the subjects stand about which something stayed open."""
    subjects_ = {item.subject for each in answers for item in each.verdict.indeterminate}
    return {subject: places.place(subject) for subject in subjects_}


def _undecided(bundle: PolicyBundle, names: Sequence[Name]) -> Answered:
    open_ = tuple(
        Indeterminate(rule.id, f"{kind}/{name}", Cause.CRASH)
        for kind, name in names
        for rule in bundle.rules
        if kind in rule.subjects
    )
    details = (f"{len(names)} subjects: the process that judged them ended",)
    return Answered(Verdict((), open_, tuple({each.rule for each in open_})), (), {}, details)


def _without_file(heard: Heard) -> Heard:
    """Return the same without what the first portion has brought already."""
    return replace(heard, answers=tuple(replace(a, artifact_file=b"") for a in heard.answers))
