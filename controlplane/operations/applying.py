"""What stands between a revision and the targets, for one pass and for the long-running one.

Whether it is cleared, judging it now where nobody did, and what every placement is to hold then,
those included that nobody declares any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from controlplane.errors import ControlPlaneError
from controlplane.operations.clearing import Clearance, branch, clear
from controlplane.operations.decided import Decisions
from controlplane.operations.exchange import collect
from controlplane.operations.gate import Agreement, GateReport, Step, gate
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.planning import TargetOf
from controlplane.operations.policies import policy_sets
from controlplane.operations.recording import record_decision
from controlplane.operations.wanted import Wanted, abandoned
from controlplane.policy.engine import PolicyEngine
from controlplane.render.helm import ChartRenderer
from controlplane.repo.errors import UnknownRevisionError
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot
from evidence.writer import EvidenceWriter
from reconciler.errors import ReconcilerError
from reconciler.model import Desired, Placement
from reconciler.receipts import desired_digest
from reconciler.state.base import Run
from reconciler.status import Phase, PlacementStatus

RUNS = 100  # that are looked through for the last one of this repository


@dataclass
class LateJudge:
    """Judges and records a step that nobody judged before its merge, the same step only once.

    An answer is given again as long as it holds and people say the same of the step; one that was
    not reached is sought anew. `past` gives what was recorded, for a step that changes how is
    judged.
    """

    engine: Callable[[], PolicyEngine]
    charts: ChartRenderer
    writer: Callable[[], EvidenceWriter]
    now: Callable[[], datetime]
    said: Callable[[Step, datetime], Agreement] = lambda _step, _now: Agreement()
    past: Callable[[Step, datetime], Iterable[PastDecision | Skipped]] = lambda _step, _now: ()
    _known: dict[tuple[str, str], tuple[Agreement, GateReport]] = field(default_factory=dict)
    _ready: set[str] = field(default_factory=set)  # digests of policies

    def __call__(self, step: Step) -> GateReport:
        """Return what the gate says of the step now."""
        key = (step.base.tree_id, step.head.tree_id)
        now = self.now()
        said = self.said(step, now)
        heard, report = self._known.get(key, (said, None))
        if report is None or heard != said or self._is_over(report):
            past = partial(self.past, step, now)
            report = gate(step, self.engine(), self.charts, now, said=said, past=past)
            if not report.problems:
                record_decision(report, self.writer(), gated=False)
            self._known = {key: (said, report)}
        return report

    def make_ready(self, snapshot: Snapshot) -> None:
        """Load the policies of a revision, so that a step from it is judged without waiting.

        Compiling them takes seconds where this machine never did; what came of it is kept on disk.
        Raises what loading policies and engines does.
        """
        bundles = {each.bundle.digest: each.bundle for each in policy_sets(snapshot)}
        if bundles.keys() <= self._ready:
            return
        engine = self.engine()
        for bundle in bundles.values():
            with engine.prepare(bundle):
                self._ready.add(bundle.digest)

    def _is_over(self, report: GateReport) -> bool:
        verdict = report.verdict
        if verdict.indeterminate:
            return True
        until = verdict.valid_until
        return bool(until) and self.now() >= datetime.fromisoformat(until)


@dataclass(frozen=True)
class Clearing:
    """Finds out whether revisions of one repository may be applied."""

    repository: GitRepository
    evidence: Path
    judge: LateJudge
    recorded: Decisions

    def clear(self, revision: str, applied: str) -> Clearance:
        """Return what lets `revision` follow `applied` ("" for nothing); NotClearedError."""
        way = branch(self.repository, applied, revision)
        trust = way.trust_of(way.from_tree)
        if trust is not None:  # decisions that others published, as far as keys in force say so
            collect(self.repository, self.evidence, trust, self.judge.now())
        return clear(way, self.recorded, self.judge, self.judge.now())


def applied_last(repository: GitRepository, runs: Iterable[Run]) -> str:
    """Return the commit that was cleared and begun last, "" where there was none."""
    known = (run.revision for run in runs)
    return next((revision for revision in known if _is_ours(repository, revision)), "")


def _is_ours(repository: GitRepository, revision: str) -> bool:
    """Whether a commit is in the repository; a branch may be called like one that is not."""
    try:
        return repository.resolve(revision).id == revision
    except UnknownRevisionError:
        return False


def is_ahead(last: PlacementStatus, ours: str, looked: float, repository: GitRepository) -> bool:
    """Whether another process is ahead of the one that follows a branch here.

    What it applied `last` is then no drift: it is later on the branch than `ours`, or not here and
    was applied since the branch was looked at (`looked`, in seconds since 1970).
    """
    if _is_ours(repository, last.revision):
        return last.revision != ours and repository.is_ancestor(ours, last.revision)
    return datetime.fromisoformat(last.at).timestamp() >= looked


@dataclass(frozen=True)
class Holding:
    """The placements that may still hold something, by the last word on each.

    `strangers` are statuses of what was applied at a commit that this repository does not have:
    another one's, with which it shares the state store, and not its to empty.
    """

    ours: tuple[Placement, ...]
    strangers: tuple[PlacementStatus, ...]


def holding(
    repository: GitRepository,
    statuses: Iterable[PlacementStatus],
    begun: Iterable[Placement] = (),
) -> Holding:
    """Return what may still hold something.

    What was emptied holds nothing: its target may be gone from the catalogue since. `begun` are
    placements that this process was to fill: it may be about to, and nobody have said so yet.
    """
    empty = desired_digest(Desired(Placement("", ""), "", ()))
    held = [s for s in statuses if s.phase is not Phase.CONVERGED or s.digest != empty]
    known = {r for r in {s.revision for s in held} if _is_ours(repository, r)}
    strangers = tuple(status for status in held if status.revision not in known)
    ours = {status.placement for status in held if status.revision in known}
    ours |= {*begun} - {status.placement for status in strangers}
    return Holding(tuple(sorted(ours, key=str)), strangers)


def left_alone(
    repository: GitRepository, strangers: Iterable[PlacementStatus], declared: Wanted
) -> list[LeftAlone]:
    """Return what nobody declares here, and is not emptied because another repository may.

    Raises ShallowRepositoryError where that cannot be told, history being cut off.
    """
    found = [each for each in strangers if declared.lacks(each.placement)]
    if found:
        repository.refuse_shallow()
    return [
        LeftAlone(
            str(each.placement),
            f"it was last applied at {each.revision[:12]}, a commit that is not in this repository",
            "give each repository a state store of its own (--state); where the history of this "
            "one was rewritten, fetch that commit",
        )
        for each in found
    ]


@dataclass(frozen=True)
class LeftAlone:
    """A target that does not answer, or a placement, that may hold what nobody declares."""

    name: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name} may hold what nobody declares: {self.message}"


def emptied(
    target_of: TargetOf, ours: Sequence[Placement], declared: Wanted, snapshot: Snapshot
) -> tuple[tuple[Desired, ...], tuple[LeftAlone, ...]]:
    """Return the placements of `ours` that nobody declares any more, and who did not answer.

    Its target need not know a placement any more: a run that was killed after it took the
    inventory away did not say so, and what it left is still to be put right.
    """
    silent: list[LeftAlone] = []
    for name in sorted({placement.target for placement in ours}):
        try:
            deque(target_of(name).placements(), maxlen=0)  # whether it answers
        except (ReconcilerError, ControlPlaneError) as error:
            silent.append(LeftAlone(name, str(error), error.remedy))
    return abandoned(ours, declared, snapshot), tuple(silent)
