"""`cpctl apply`: make the targets hold what a revision says, if it was allowed to merge."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import apply_output, options, output
from controlplane.errors import Exit
from controlplane.operations.clearing import Clearance, branch, clear
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.recording import record_decision
from controlplane.operations.wanted import Wanted, abandoned, wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read
from reconciler.apply import ApplyOptions, Reconciler
from reconciler.errors import ReconcilerError
from reconciler.model import Desired, Placement
from reconciler.plan import PlanOptions
from reconciler.state.base import StateStore


@click.command(name="apply")
@options.choosing
@options.rev
@options.root
@options.reaching
@options.state
@options.engine
@options.keys
@click.option("--take-conflicts", is_flag=True, help="Take fields that other managers own.")
@options.form("table", "json")
def command(
    tenant: tuple[str, ...],
    environment: str,
    rev: str,
    root: str,
    connect: tuple[str, ...],
    connections: Path | None,
    state: str | None,
    engine: str | None,
    keys: Path | None,
    take_conflicts: bool,
    form: str,
) -> int:
    """Apply REV to its targets, prune what it no longer declares, and leave signed receipts."""
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    snapshot = read(repository, rev).require_valid()
    store = wiring.state_store(repository, state)
    evidence = wiring.evidence_directory(repository)
    writer = wiring.evidence_writer(evidence, "apply", keys=keys)
    clearance = _cleared(repository, store, snapshot, engine, keys)
    _say(clearance)
    declared = wanted(snapshot, wiring.charts(), tenant, environment)
    with wiring.Targets(snapshot, wiring.connections(connect, connections)) as targets:
        everything = [*declared.desired]
        if not tenant and not environment:
            everything += _emptied(targets, store, declared, snapshot)
        reconciler = Reconciler(
            target_of=targets,
            store=store,
            evidence=writer,
            clock=wiring.now,
            new_run=wiring.new_run,
        )
        permitted = PlanOptions(take_conflicts=take_conflicts, allow_empty=True)
        how = ApplyOptions(plan=permitted, grounds=clearance.grounds())
        summary = reconciler.apply(everything, how)
    output.data(apply_output.FORMS[form](summary))
    for problems in declared.problems.values():
        for problem in problems:
            output.fail(f"{problem.position}: {problem.message}", problem.remedy)
    return summary.exit_code or (Exit.PARTLY_APPLIED if declared.problems else Exit.CLEAN)


def _cleared(
    repository: GitRepository,
    store: StateStore,
    snapshot: Snapshot,
    engine: str | None,
    keys: Path | None,
) -> Clearance:
    """Find out whether the revision may be applied, judging it now where nobody did."""

    def judge_now(step: Step) -> GateReport:
        report = gate(step, wiring.policy_engine(engine), wiring.charts(), wiring.now())
        evidence = wiring.evidence_directory(repository)
        writer = wiring.evidence_writer(evidence, "decide", keys=keys)
        if not report.problems:
            record_decision(report, writer, gated=False)
        return report

    commit = snapshot.commit.id if snapshot.commit else ""
    way = branch(repository, _applied(repository, store), commit)
    return clear(way, wiring.evidence_directory(repository), judge_now, wiring.now())


def _applied(repository: GitRepository, store: StateStore) -> str:
    """Return the commit that was cleared and begun last, "" where there was none."""
    known = (run.revision for run in store.runs(100))
    return next((r for r in known if len(r) == 40 and repository.has(r)), "")


def _emptied(
    targets: wiring.Targets, store: StateStore, declared: Wanted, snapshot: Snapshot
) -> tuple[Desired, ...]:
    """Return the placements that nobody declares any more, on targets that answer."""
    ours = [status.placement for status in store.statuses()]
    found: list[Placement] = []
    for name in sorted({placement.target for placement in ours}):
        try:
            found += targets(name).placements()
        except ReconcilerError as error:
            output.fail(f"{name}: {error}", error.remedy)
    return abandoned(found, ours, declared, snapshot)


def _say(clearance: Clearance) -> None:
    decisions: Iterable[str] = (digest[7:19] for digest in clearance.decisions)
    if clearance.gated:
        output.talk(f"allowed by decision {', '.join(decisions) or '(nothing new)'}")
    else:
        output.talk("not gated before merge; judged now and allowed, as repository.yaml permits")
