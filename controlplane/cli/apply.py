"""`cpctl apply`: make the targets hold what a revision says, if it was allowed to merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import apply_output, options, output
from controlplane.errors import Exit
from controlplane.operations.applying import RUNS, applied_last, emptied
from controlplane.operations.clearing import Clearance
from controlplane.operations.linting import require_sound
from controlplane.operations.wanted import Wanted, wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read
from controlplane.settings import Connections
from reconciler.apply import ApplyOptions, Reconciler
from reconciler.model import Desired
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
    reach = wiring.connections(connect, connections)
    permitted = PlanOptions(take_conflicts=take_conflicts, allow_empty=True)
    work = Pass(GitRepository.open(root), rev, reach, state, engine, keys, permitted)
    return apply_once(work, tenant, environment, form)


@dataclass(frozen=True)
class Pass:
    """One pass as it was asked for."""

    repository: GitRepository
    rev: str
    reach: Connections
    state: str | None
    engine: str | None
    keys: Path | None
    permitted: PlanOptions


def apply_once(work: Pass, tenant: Sequence[str], environment: str, form: str) -> int:
    """Clear a revision, apply it, show what came of it and return the exit code."""
    repository = work.repository
    repository.refuse_shallow()
    snapshot = require_sound(read(repository, work.rev))
    store = wiring.state_store(repository, work.state)
    evidence = wiring.evidence_directory(repository)
    writer = wiring.evidence_writer(evidence, "apply", keys=work.keys)
    commit = snapshot.commit.id if snapshot.commit else ""
    clearing = wiring.clearing(repository, work.engine, work.keys)
    clearance = clearing.clear(commit, applied_last(repository, store.runs(RUNS)))
    _say(clearance)
    declared = wanted(snapshot, wiring.charts(), tenant, environment)
    with wiring.Targets(snapshot, work.reach) as targets:
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
        how = ApplyOptions(plan=work.permitted, grounds=clearance.grounds())
        summary = reconciler.apply(everything, how)
    output.data(apply_output.FORMS[form](summary))
    for problems in declared.problems.values():
        for problem in problems:
            output.fail(f"{problem.position}: {problem.message}", problem.remedy)
    return summary.exit_code or (Exit.PARTLY_APPLIED if declared.problems else Exit.CLEAN)


def _emptied(
    targets: wiring.Targets, store: StateStore, declared: Wanted, snapshot: Snapshot
) -> tuple[Desired, ...]:
    """Return the placements that nobody declares any more, on targets that answer."""
    ours = [status.placement for status in store.statuses()]
    gone, silent = emptied(targets, ours, declared, snapshot)
    for each in silent:
        output.fail(f"{each.target}: {each.message}", each.remedy)
    away = {each.target for each in silent}
    return tuple(each for each in gone if each.placement.target not in away)


def _say(clearance: Clearance) -> None:
    decisions: Iterable[str] = (digest[7:19] for digest in clearance.decisions)
    if clearance.gated:
        output.talk(f"allowed by decision {', '.join(decisions) or '(nothing new)'}")
    else:
        output.talk("not gated before merge; judged now and allowed, as repository.yaml permits")
