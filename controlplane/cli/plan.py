"""`cpctl plan`: what would be done to the targets so that they hold what a revision says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from controlplane import wiring
from controlplane.cli import options, output, plan_output
from controlplane.errors import Exit
from controlplane.operations.applying import emptied, holding
from controlplane.operations.linting import require_sound
from controlplane.operations.planning import Unplanned, plan_all
from controlplane.operations.wanted import wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from reconciler.model import Plan, Standing
from reconciler.plan import PlanOptions


@click.command(name="plan")
@options.choosing
@options.rev
@options.root
@options.reaching
@options.state
@click.option("--take-conflicts", is_flag=True, help="Take fields that other managers own.")
@options.allow_empty
@options.form("table", "json", "md")
def command(
    tenant: tuple[str, ...],
    environment: str,
    rev: str,
    root: str,
    connect: tuple[str, ...],
    connections: Path | None,
    state: str | None,
    take_conflicts: bool,
    allow_empty: bool,
    form: str,
) -> int:
    """Compare what REV says with what the targets hold; write nothing to them."""
    repository = GitRepository.open(root)
    snapshot = require_sound(read(repository, rev))
    declared = wanted(snapshot, wiring.charts(), tenant, environment)
    everything = [*declared.desired]
    with wiring.Targets(snapshot, wiring.connections(connect, connections)) as targets:
        if not tenant and not environment:
            ours = holding(wiring.state_store(repository, state).statuses())
            everything += emptied(targets, ours, declared, snapshot)[0]
        permitted = PlanOptions(take_conflicts=take_conflicts, allow_empty=allow_empty)
        plans = list(plan_all(everything, targets, permitted))
    output.data(plan_output.FORMS[form](plans))
    for problems in declared.problems.values():
        for problem in problems:
            output.fail(f"{problem.position}: {problem.message}", problem.remedy)
    return _exit(plans, failed=bool(declared.problems))


def _exit(plans: list[Plan | Unplanned], *, failed: bool) -> int:
    unplanned: list[Any] = [each for each in plans if isinstance(each, Unplanned)]
    for each in unplanned:
        output.fail(f"{each.placement}: {each.message}", each.remedy)
    if unplanned or failed:
        return Exit.PARTLY_APPLIED
    unknown = any(
        obstacle.standing is Standing.UNKNOWN
        for each in plans
        if isinstance(each, Plan)
        for obstacle in each.obstacles
    )
    return Exit.INDETERMINATE if unknown else Exit.CLEAN
