"""`cpctl apply`: make the targets hold what a revision says, if it was allowed to merge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import apply_output, collecting, options, output
from controlplane.errors import Exit
from controlplane.operations.applying import (
    RUNS,
    LeftAlone,
    applied_last,
    emptied,
    holding,
    left_alone,
)
from controlplane.operations.clearing import Clearance
from controlplane.operations.linting import require_sound
from controlplane.operations.planning import require_settings
from controlplane.operations.wanted import targets_named, wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read
from controlplane.settings import Connections
from reconciler.apply import ApplyOptions, Reconciler
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
@options.allow_empty
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
    allow_empty: bool,
    form: str,
) -> int:
    """Apply REV to its targets, prune what it no longer declares, and leave signed receipts."""
    reach = wiring.connections(connect, connections)
    permitted = PlanOptions(take_conflicts=take_conflicts, allow_empty=allow_empty)
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
    """Clear a revision, apply it, show what came of it and return the exit code.

    A target that nobody here can reach is refused before anything is judged, made or recorded;
    charts are rendered of a revision that was cleared only.
    """
    with collecting.paused():
        return _apply(work, tenant, environment, form)


def _apply(work: Pass, tenant: Sequence[str], environment: str, form: str) -> int:
    repository = work.repository
    repository.refuse_shallow()
    snapshot = require_sound(read(repository, work.rev))
    undone: list[LeftAlone] = []
    with wiring.Targets(snapshot, work.reach) as targets:
        require_settings(targets_named(snapshot, tenant, environment), targets)
        evidence = wiring.evidence_directory(repository)
        writer = wiring.evidence_writer(evidence, "apply", keys=work.keys)
        store = wiring.state_store(repository, work.state)
        clearance = _cleared(work, snapshot, store)
        declared = wanted(snapshot, wiring.charts(), tenant, environment)
        everything = [*declared.desired]
        if not tenant and not environment:
            held = holding(repository, store.statuses())
            gone, silent = emptied(targets, held.ours, declared, snapshot)
            undone = [*silent, *left_alone(repository, held.strangers, declared)]
            away = {each.name for each in silent}
            everything += (each for each in gone if each.placement.target not in away)
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
    for each in undone:
        output.fail(str(each), each.remedy)
    lacking = declared.problems or undone
    return summary.exit_code or (Exit.PARTLY_APPLIED if lacking else Exit.CLEAN)


def _cleared(work: Pass, snapshot: Snapshot, store: StateStore) -> Clearance:
    """Return what lets the revision be applied, having said so; raises NotClearedError."""
    clearing = wiring.clearing(work.repository, work.engine, work.keys)
    commit = snapshot.commit.id if snapshot.commit else ""
    clearance = clearing.clear(commit, applied_last(work.repository, store.runs(RUNS)))
    decisions: Iterable[str] = (digest[7:19] for digest in clearance.decisions)
    if clearance.gated:
        output.talk(f"allowed by decision {', '.join(decisions) or '(nothing new)'}")
    else:
        output.talk("not gated before merge; judged now and allowed, as repository.yaml permits")
    return clearance
