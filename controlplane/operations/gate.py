"""The gate: may the branch go from the tree of `base` to the tree of `head`?

Collects what is to be judged, asks under the policies of base *and* head, weighs what was found,
and puts the answer together. It reads values and ports only; making the decision durable is
`recording`'s part, and nothing may act on a decision before it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from controlplane.errors import IndeterminateError, UsageError
from controlplane.operations import fleet_subject
from controlplane.operations.change_view import ChangeView, concerns_judging
from controlplane.operations.counterfactual import Counterfactual
from controlplane.operations.deltas import ObjectDelta
from controlplane.operations.emergencies import Emergency, OpenReview
from controlplane.operations.findings import LocatedFinding, Undecided, explain, undecided
from controlplane.operations.freezes import clock
from controlplane.operations.judging import Judgement
from controlplane.operations.linting import lint
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.people import People
from controlplane.operations.policies import NamedBundle
from controlplane.operations.policy_change import PolicyChange
from controlplane.operations.portions import Court, Hearing, PackWriter, cut
from controlplane.operations.requirements import EMERGENCY
from controlplane.operations.sides import Sets
from controlplane.operations.weighing import reasons, weights
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.envelope import Subject
from controlplane.policy.model import Verdict, merge
from controlplane.policy.weigh import DAY, WaiverStanding, Weighing, weigh
from controlplane.policy.weights import Weights
from controlplane.render.helm import ChartRenderer
from controlplane.repo.changes import Changes, changes
from controlplane.repo.derived import found_sound
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
class Agreement:
    """What people said of a step: approvals and who wrote it as facts for rules, open reviews.

    `emergency` is told to people only: rules see it among the approvals.
    """

    approvals: tuple[Json, ...] = ()
    authors: tuple[Json, ...] = ()
    reviews: tuple[OpenReview, ...] = ()
    emergency: Emergency | None = None


NOBODY = Agreement()


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
    packs: tuple[Path, ...] = ()  # hold the envelopes that the judgements do not
    engines_verdict: Verdict | None = None  # before it was weighed
    weights: Weights | None = None  # what it was weighed by
    weighings: tuple[Weighing, ...] = ()
    waivers: tuple[WaiverStanding, ...] = ()
    counterfactual: Counterfactual | None = None  # where the change is one of policy
    said: Agreement = NOBODY

    @property
    def allow(self) -> bool:
        """Whether the step may be taken."""
        return not self.problems and self.verdict.allow

    @property
    def details(self) -> tuple[str, ...]:
        """What engines said about answers they could not give."""
        return tuple(line for _, judgement in self.judgements for line in judgement.details)


NOTHING = Verdict((), (), ())

Past = Callable[[], Iterable[PastDecision | Skipped]]
"""Gives the decisions that were recorded, the latest first."""


@dataclass(frozen=True)
class Means:
    """With what a revision of many tenants is judged: how many processes, and where envelopes go.

    `new_pack` begins a file that a run of the evidence log adopts; None keeps them in memory.
    """

    workers: int = 1
    new_pack: Callable[[], PackWriter] | None = None


ALONE = Means()


def gate(
    step: Step,
    engine: PolicyEngine,
    charts: ChartRenderer,
    now: datetime,
    *,
    whole: bool = False,
    said: Agreement = NOBODY,
    means: Means = ALONE,
    past: Past = tuple,
) -> GateReport:
    """Judge one step; `whole` judges every resource of head, not only what the change reaches.

    `said` is what counts of what people said of this very step; without authors the last commit's
    counts. `means` change nothing of the answer. `past` is asked where the change is one of policy,
    to see what it would have decided otherwise.

    Raises PolicyLoadError and InvalidRepositoryError where the policies themselves cannot be
    used, IndeterminateError where base demands another engine. A head that is no valid repository
    is reported through `problems`.
    """
    found = changes(step.base, step.head)
    wrong = lint(step.head)
    if wrong:
        return GateReport(step, NOTHING, found, problems=wrong)
    _refuse_other_engine(step, engine)
    view = ChangeView(step.base, step.head, found, _emergency(said))
    wrote = list(said.authors) or view.authors()
    sets = Sets.of(step)
    court = Court(
        head=step.head,
        base=step.base,
        touched={} if step.genesis else {(s.kind, s.identity): s for s in found.subjects},
        reached=_reached(step, found),
        sets=sets.asked(),
        engine=engine,
        charts=charts,
        facts={**facts(step.base, said), "authors": wrote},
        time=clock(now, _environments(step)),
        locate=view.locate,
        new_pack=means.new_pack,
        workers=means.workers,
    )
    changed = [] if step.genesis else [view.subject(wrote)]
    counted = _fleet(step, found, sets.asked(), whole=whole)
    names, tenants = _names(step, found, whole=whole)
    other = None
    if changed and concerns_judging(found):
        heard = court.judge(cut(names, tenants, counted))
        everything = partial(_everything, step, found, court)
        change = PolicyChange(step, sets, now, past, everything)
        heard, court, other = change.judge(court, heard, changed)
    else:
        heard = court.judge(cut(names, tenants, [*counted, *changed]))
    if heard.problems:
        return GateReport(step, NOTHING, found, problems=heard.problems)
    report = _report(step, found, court, heard, sets, now)
    return replace(report, counterfactual=other, said=said)


def _report(
    step: Step, found: Changes, court: Court, heard: Hearing, sets: Sets, now: datetime
) -> GateReport:
    """Weigh what was heard, and put it into words."""
    merged = merge(judgement.verdict for _, judgement in heard.judgements)
    by = weights(judged_by(step), step.head, sets.bundles(), merged.findings, now)
    weighed = weigh(merged, by, notice=_notice(step))
    return GateReport(
        step=step,
        verdict=weighed.verdict,
        changes=found,
        findings=explain(weighed.verdict, sets.rules(), heard.places, reasons(weighed.weighings)),
        engines_verdict=merged,
        weights=by,
        weighings=weighed.weighings,
        waivers=weighed.waivers,
        undecided=tuple(undecided(weighed.verdict.indeterminate, heard.places)),
        deltas=heard.deltas,
        judgements=heard.judgements,
        packs=heard.packs,
        time=court.time,
        facts=court.facts,
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


def facts(base: Snapshot, said: Agreement) -> Mapping[str, Json]:
    """Return the facts rules may ask for. Waivers count as the base has them.

    `loosened` is known when everything but the change itself was judged, and told to its rules;
    `authors` to whoever read the change.
    """
    waivers = base.of_kind("Waiver")
    return {
        "waivers": [waivers[name].for_policy() for name in sorted(waivers)],
        "approvals": list(said.approvals),
        "emergency": _emergency(said),
        "approvers": People.of(base).approvers(),
        "authors": list(said.authors),
        "reviews": [review.to_fact() for review in said.reviews],
        "loosened": [],
    }


def _emergency(said: Agreement) -> bool:
    """Whether somebody claims an emergency: it is claimed by a person, never by a field."""
    return any(EMERGENCY in each["classes"] for each in said.approvals)


def _notice(step: Step) -> int:
    """Return how long before its end a waiver is announced, in seconds."""
    repository = judged_by(step).repository()
    return repository.spec.waiver_notice.seconds if repository else 14 * DAY


def _names(step: Step, found: Changes, *, whole: bool) -> tuple[set[tuple[str, str]], set[str]]:
    """Return what is to be judged: resources by kind and identity, and tenants to be rendered."""
    if whole:
        named = {(d.kind, d.identity) for d in step.head.documents}
        return named, set(step.head.of_kind("Tenant"))
    names = {(each.kind, each.identity) for each in found.subjects}
    return names | {("Tenant", name) for name in found.reach.tenants}, set(found.reach.tenants)


def _everything(step: Step, found: Changes, court: Court) -> list[Subject]:
    """Return every resource and placement of head, and the fleet, as they stand."""
    names, tenants = _names(step, found, whole=True)
    fleet = _fleet(step, found, court.sets, whole=True)
    return [*court.asked(cut(names, tenants, fleet))]


def _reached(step: Step, found: Changes) -> frozenset[str]:
    """Return the tenants whose objects may be others than at base; none where none can be told."""
    sound = found_sound(step.base, step.head) or not step.base.problems
    told = not step.genesis and sound
    return found.reach.tenants if told else frozenset()


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
