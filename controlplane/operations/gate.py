"""The gate: may the branch go from the tree of `base` to the tree of `head`?

Collects what is to be judged, asks under the policies of base *and* head, and puts the answer
together. It reads values and ports only; making the decision durable is `recording`'s part, and
nothing may act on a decision before it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controlplane.errors import IndeterminateError, UsageError
from controlplane.operations import fleet_subject, rendering, subjects
from controlplane.operations.change_view import ChangeView, concerns_judging
from controlplane.operations.findings import LocatedFinding, Places, Undecided, explain, undecided
from controlplane.operations.freezes import clock
from controlplane.operations.judging import Judgement
from controlplane.operations.linting import lint
from controlplane.operations.people import People
from controlplane.operations.policies import NamedBundle
from controlplane.operations.requirements import EMERGENCY
from controlplane.operations.sides import Bench, Judgements, Sets, together, verdict_of
from controlplane.operations.weighing import denials, loosened, reasons, weights
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.envelope import Subject
from controlplane.policy.model import Verdict, merge
from controlplane.policy.weigh import DAY, WaiverStanding, Weighing, weigh
from controlplane.policy.weights import Weights
from controlplane.render.helm import ChartRenderer
from controlplane.render.model import RenderedPlacement
from controlplane.repo.changes import Changes, changes
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from controlplane.values import Problem
from evidence.canonical import Json


@dataclass(frozen=True)
class Step:
    """The two revisions between which a change lies.

    `genesis` says that base is nothing at all: the first revision, judged by its own policies.
    """

    base: Snapshot
    head: Snapshot
    genesis: bool = False


@dataclass(frozen=True)
class ObjectDelta:
    """What the rendered objects of one placement gain, lose and change, by resource id."""

    placement: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class GateReport:
    """Everything the gate has to say. `problems` is not empty where head cannot be judged."""

    step: Step
    verdict: Verdict
    changes: Changes
    findings: tuple[LocatedFinding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    deltas: tuple[ObjectDelta, ...] = ()
    judgements: tuple[tuple[str, Judgement], ...] = ()  # ("base/shipped", …)
    problems: tuple[Problem, ...] = ()
    time: Json = None
    facts: Mapping[str, Json] = field(default_factory=dict)
    engines_verdict: Verdict | None = None  # before it was weighed
    weights: Weights | None = None  # what it was weighed by
    weighings: tuple[Weighing, ...] = ()
    waivers: tuple[WaiverStanding, ...] = ()

    @property
    def allow(self) -> bool:
        """Whether the step may be taken."""
        return not self.problems and self.verdict.allow

    @property
    def details(self) -> tuple[str, ...]:
        """What engines said about answers they could not give."""
        return tuple(line for _, judgement in self.judgements for line in judgement.details)


NOTHING = Verdict((), (), ())


def gate(
    step: Step,
    engine: PolicyEngine,
    charts: ChartRenderer,
    now: datetime,
    *,
    whole: bool = False,
    approvals: Sequence[Json] = (),
    authors: Sequence[Json] = (),
    reviews: Sequence[Json] = (),
) -> GateReport:
    """Judge one step; `whole` judges every resource of head, not only what the change reaches.

    `approvals`, `authors` and `reviews` are what people said of this very step, as
    `approvals.Agreement` holds it; without authors the last commit's counts.

    Raises PolicyLoadError and InvalidRepositoryError where the policies themselves cannot be
    used, IndeterminateError where base demands another engine. A head that is no valid repository
    is reported through `problems`.
    """
    found = changes(step.base, step.head)
    wrong = lint(step.head)
    if wrong:
        return GateReport(step, NOTHING, found, problems=wrong)
    _refuse_other_engine(step, engine)
    tenants = set(step.head.of_kind("Tenant")) if whole else set(found.reach.tenants)
    rendered = rendering.render(step.head, tenants, charts)
    if rendered.problems:
        wrong = tuple(p for problems in rendered.problems.values() for p in problems)
        return GateReport(step, NOTHING, found, problems=tuple(sorted(set(wrong))))
    time = clock(now, _environments(step))
    view = ChangeView(step.base, step.head, found, _emergency(approvals))
    wrote = list(authors) or view.authors()
    facts = {**_facts(step, approvals, reviews), "authors": wrote}
    asked = _subjects(step, found, rendered.placements, whole=whole)
    changed = [] if step.genesis else [view.subject(wrote)]
    sets = Sets.of(step)
    counted = _fleet(step, found, sets.asked(), whole=whole)
    asked += counted
    bench = Bench(engine, sets, time)
    if changed and concerns_judging(found):
        judgements = bench.judge(asked, facts)
        facts = {**facts, "loosened": _loosened(step, sets, judgements, now)}
        judgements = together(judgements, bench.judge(changed, facts))
    else:
        judgements = bench.judge([*asked, *changed], facts)
    merged = merge(judgement.verdict for _, judgement in judgements)
    by = weights(judged_by(step), step.head, sets.bundles(), merged.findings, now)
    weighed = weigh(merged, by, notice=_notice(step))
    verdict = weighed.verdict
    places = _places(view, rendered.placements, counted)
    return GateReport(
        step=step,
        verdict=verdict,
        changes=found,
        findings=explain(verdict, sets.rules(), places, reasons(weighed.weighings)),
        engines_verdict=merged,
        weights=by,
        weighings=weighed.weighings,
        waivers=weighed.waivers,
        undecided=tuple(undecided(verdict.indeterminate, places)),
        deltas=_deltas(step, rendered.placements, tenants, charts),
        judgements=judgements,
        time=time,
        facts=facts,
    )


def _refuse_other_engine(step: Step, engine: PolicyEngine) -> None:
    """Keep to the engine that the base demands: a change cannot choose its own judge."""
    repository = judged_by(step).repository()
    wanted = repository.spec.required_engine if repository else "any"
    if wanted not in ("any", engine.name):
        raise IndeterminateError(
            f"the protected branch demands the engine `{wanted}`, this is `{engine.name}`",
            remedy=f"run the gate with `--engine {wanted}`",
        )


def _environments(step: Step) -> list[Environment]:
    """Return the environments with their freezes in force: a change cannot end its own freeze."""
    in_force = {**step.head.of_kind("Environment"), **step.base.of_kind("Environment")}
    return [each for each in in_force.values() if isinstance(each, Environment)]


def judged_by(step: Step) -> Snapshot:
    """Return the revision whose word counts: a change cannot choose its own judge."""
    return step.head if step.genesis else step.base


def _facts(step: Step, approvals: Sequence[Json], reviews: Sequence[Json]) -> Mapping[str, Json]:
    """Return the facts rules may ask for. Waivers count as the base has them.

    `loosened` is known when everything but the change itself was judged, and told to its rules.
    """
    waivers = step.base.of_kind("Waiver")
    return {
        "waivers": [waivers[name].for_policy() for name in sorted(waivers)],
        "approvals": list(approvals),
        "emergency": _emergency(approvals),
        "approvers": People.of(step.base).approvers(),
        "reviews": list(reviews),
        "loosened": [],
    }


def _emergency(approvals: Sequence[Json]) -> bool:
    """Whether somebody claims an emergency: it is claimed by a person, never by a field."""
    return any(EMERGENCY in each["classes"] for each in approvals)


def _loosened(step: Step, sets: Sets, judgements: Judgements, now: datetime) -> list[Json]:
    """Return which rules deny by the word of the base what the head would let pass."""
    sides = ((step.base, sets.base), (step.head, sets.head))
    before, after = (
        denials(found, weights(judge, step.head, [n.bundle for n in side], found.findings, now))
        for judge, side in sides
        for found in [verdict_of(side, judgements)]
    )
    return loosened(before, after, sets.files())


def _notice(step: Step) -> int:
    """Return how long before its end a waiver is announced, in seconds."""
    repository = judged_by(step).repository()
    return repository.spec.waiver_notice.seconds if repository else 14 * DAY


def _subjects(
    step: Step, found: Changes, placements: Sequence[RenderedPlacement], *, whole: bool
) -> list[Subject]:
    """Return what is to be judged: what changed, what it reaches, what is rendered.

    At genesis everything is new and nothing has changed: it is judged for what it says.
    """
    head, touched = step.head, {(each.kind, each.identity): each for each in found.subjects}
    known = subjects.Projections(head)
    names = set(touched) | {("Tenant", name) for name in found.reach.tenants}
    touched = {} if step.genesis else touched
    if whole:
        names = {(d.kind, d.identity) for d in head.documents}
    resources = [head.get(kind, identity) for kind, identity in sorted(names)]
    asked = [
        subjects.resource_subject(each, known, step.base, touched.get((each.kind, each.identity)))
        for each in resources
        if each is not None
    ]
    return [*asked, *(subjects.placement_subject(placement, known) for placement in placements)]


def _fleet(
    step: Step, found: Changes, sets: Sequence[tuple[str, NamedBundle]], *, whole: bool
) -> list[Subject]:
    """Return the fleet as a subject, where a rule asks about it and the answer can be another.

    That is where the change touches a resource that counts, or the rules themselves.
    """
    if not any("Fleet" in rule.subjects for _, named in sets for rule in named.bundle.rules):
        return []
    counts = any(each.kind in fleet_subject.KINDS for each in found.subjects)
    judges = any(file.change_class == "policy" for file in found.files)
    return [fleet_subject.subject(step.head)] if whole or step.genesis or counts or judges else []


def _places(
    view: ChangeView, placements: Sequence[RenderedPlacement], counted: Sequence[Subject]
) -> Places:
    rendered = {placement.name: placement for placement in placements}
    return Places(view.head, rendered, counted[0].resource if counted else None, view.locate)


def _deltas(
    step: Step,
    after: Sequence[RenderedPlacement],
    tenants: set[str],
    charts: ChartRenderer,
) -> tuple[ObjectDelta, ...]:
    """Return what the rendered objects gain and lose, placements without a difference left out."""
    valid = not step.genesis and not step.base.problems
    before = rendering.render(step.base, tenants, charts).placements if valid else ()
    old = {placement.name: _digests(placement) for placement in before}
    new = {placement.name: _digests(placement) for placement in after}
    deltas = (_delta(name, old.get(name, {}), new.get(name, {})) for name in sorted({*old, *new}))
    return tuple(each for each in deltas if each.gained or each.lost or each.changed)


def _digests(placement: RenderedPlacement) -> dict[str, str]:
    return {resource.id: resource.digest for resource in placement.resources}


def _delta(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> ObjectDelta:
    return ObjectDelta(
        placement=name,
        gained=tuple(sorted(set(new) - set(old))),
        lost=tuple(sorted(set(old) - set(new))),
        changed=tuple(sorted(i for i in set(old) & set(new) if old[i] != new[i])),
    )


def step_between(base: Snapshot, head: Snapshot, *, contained: bool) -> Step:
    """Return the step from base to head.

    `contained` says whether base is an ancestor of head. Raises UsageError where it is not: the
    tree of head would then not be what the branch will hold.
    """
    if not contained:
        raise UsageError(
            f"{head.revision} does not contain {base.revision}, so its tree is not what a merge "
            "would make of it",
            remedy="rebase the branch, or give the merge commit that the Git server prepared",
        )
    return Step(base, head)
