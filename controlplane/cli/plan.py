"""`cpctl plan`: what would be done to the targets so that they hold what a revision says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from controlplane import wiring
from controlplane.cli import options, output, plan_output
from controlplane.errors import Exit, NoStateError
from controlplane.operations.applying import LeftAlone, emptied, holding, left_alone
from controlplane.operations.linting import require_sound
from controlplane.operations.planning import Asked, Unplanned, plan_all, require_settings
from controlplane.operations.recording import record_plans
from controlplane.operations.wanted import wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.errors import NoKeyError
from evidence.writer import EvidenceWriter
from reconciler.model import Plan, Standing
from reconciler.plan import PlanOptions
from reconciler.status import PlacementStatus


@click.command(name="plan")
@options.choosing
@options.rev
@options.root
@options.reaching
@options.state
@options.keys
@click.option("--no-record", is_flag=True, help="Leave no evidence of the plan.")
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
    keys: Path | None,
    no_record: bool,
    take_conflicts: bool,
    allow_empty: bool,
    form: str,
) -> int:
    """Compare what REV says with what the targets hold; write nothing to them.

    The plan is left in evidence where this machine has a key for applying.
    """
    repository = GitRepository.open(root)
    writer = None if no_record else _writer(repository, keys)
    snapshot = require_sound(read(repository, rev))
    declared = wanted(snapshot, wiring.charts(), tenant, environment)
    everything = [*declared.desired]
    strangers: list[LeftAlone] = []
    with wiring.Targets(snapshot, wiring.connections(connect, connections)) as targets:
        require_settings((each.placement.target for each in everything), targets)
        if not tenant and not environment:
            held = holding(repository, _statuses(repository, state))
            everything += emptied(targets, held.ours, declared, snapshot)[0]
            strangers = left_alone(repository, held.strangers, declared)
        permitted = PlanOptions(take_conflicts=take_conflicts, allow_empty=allow_empty)
        plans = list(plan_all(everything, targets, permitted))
    if writer is not None:
        asked = Asked(tenant, environment, permitted)
        entry = record_plans(snapshot, asked, list(zip(everything, plans, strict=True)), writer)
        output.talk(f"recorded: {entry.origin} entry {entry.index}, {entry.records} records")
    output.data(plan_output.FORMS[form](plans))
    for problems in declared.problems.values():
        for problem in problems:
            output.fail(f"{problem.position}: {problem.message}", problem.remedy)
    for each in strangers:
        output.fail(str(each), each.remedy)
    return _exit(plans, failed=bool(declared.problems or strangers))


def _writer(repository: GitRepository, keys: Path | None) -> EvidenceWriter | None:
    """Return what records the plan; None, having said so, where no key is here to sign it.

    Anybody may ask what would be done. Who names a directory of keys means it to be used.
    """
    try:
        return wiring.evidence_writer(wiring.evidence_directory(repository), "apply", keys=keys)
    except NoKeyError as error:
        if keys is not None:
            raise
        output.talk(f"not recorded: {error}")
        return None


def _statuses(repository: GitRepository, state: str | None) -> Sequence[PlacementStatus]:
    """Return the last word on every placement; a store that the first pass is yet to make has none.

    One that was named may be missing by mistake: then it is said what the plan does not show.
    """
    try:
        store = wiring.state_to_read(repository, state)
    except NoStateError as error:
        output.talk(f"{error}, so nothing is planned for what nobody declares any more")
        return ()
    return store.statuses() if store else ()


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
