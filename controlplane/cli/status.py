"""`cpctl status`: how every placement stands, by the last word on it or by asking now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output, plan_output
from controlplane.errors import Exit
from controlplane.operations.planning import Unplanned, plan_all
from controlplane.operations.wanted import wanted
from controlplane.repo.errors import UnknownRevisionError
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from reconciler.model import Desired, Plan
from reconciler.plan import PlanOptions
from reconciler.status import UNDER_WAY, Phase, PlacementStatus

WELL = {Phase.CONVERGED, Phase.PROGRESSING}


@click.command(name="status")
@options.root
@options.state
@options.reaching
@click.option("--live", is_flag=True, help="Ask the targets now, and show drift; write nothing.")
@options.form("table", "json")
def command(
    root: str,
    state: str | None,
    connect: tuple[str, ...],
    connections: Path | None,
    live: bool,
    form: str,
) -> int:
    """Show how every placement stands."""
    repository = GitRepository.open(root)
    store = wiring.state_to_read(repository, state)
    statuses = store.statuses() if store else ()
    if not statuses:
        output.talk("nothing was applied from here yet\nnext: cpctl apply")
        return Exit.CLEAN
    if form == "json":
        output.data(output.as_json([status.to_json() for status in statuses]))
    else:
        output.data(_table(statuses))
    plans = _live(repository, statuses, connect, connections) if live else []
    return _exit(statuses, plans)


def _table(statuses: Sequence[PlacementStatus]) -> str:
    rows = [
        (
            str(status.placement),
            status.phase.value,
            status.applied[:12] or "-",
            status.at[:19] + "Z",
            ", ".join(f"{number} {word}" for word, number in status.counts.items()),
        )
        for status in statuses
    ]
    lines = [output.table(("PLACEMENT", "PHASE", "APPLIED", "AT", "RESOURCES"), rows)]
    for status in statuses:
        for trouble in status.troubles:
            name = f"{status.placement}: {trouble.id}" if trouble.id else str(status.placement)
            lines.append(f"{name}: {trouble.what}: {trouble.detail}")
            lines += [f"    → {trouble.remedy}"] if trouble.remedy else []
    return "\n".join(lines)


def _live(
    repository: GitRepository,
    statuses: Sequence[PlacementStatus],
    connect: tuple[str, ...],
    file: Path | None,
) -> Sequence[Plan | Unplanned]:
    """Show, and return, what differs now from what was applied last."""
    revisions = sorted({status.revision for status in statuses if status.revision})
    plans: list[Plan | Unplanned] = []
    for revision in revisions:
        mine = {status.placement for status in statuses if status.revision == revision}
        try:
            snapshot = read(repository, revision)
        except UnknownRevisionError as error:  # another repository's, or history was rewritten
            words = f"what is to be there is not known here: {error}", error.remedy
            plans += (Unplanned(placement, *words) for placement in sorted(mine, key=str))
            continue
        declared: list[Desired] = [
            each for each in wanted(snapshot, wiring.charts()).desired if each.placement in mine
        ]
        with wiring.Targets(snapshot, wiring.connections(connect, file)) as targets:
            plans += plan_all(declared, targets, PlanOptions())
    output.data("\n" + plan_output.as_table(plans))
    for each in plans:
        if isinstance(each, Unplanned):
            output.fail(f"{each.placement}: {each.message}", each.remedy)
    return plans


def _exit(statuses: Sequence[PlacementStatus], plans: Sequence[Plan | Unplanned]) -> int:
    unseen = any(isinstance(plan, Unplanned) for plan in plans)
    if unseen or any(status.phase in (Phase.FAILED, Phase.UNREACHABLE) for status in statuses):
        return Exit.PARTLY_APPLIED
    drifted = any(isinstance(p, Plan) and (p.actions or p.obstacles) for p in plans)
    if drifted or not all(_is_well(status) for status in statuses):
        output.talk("next: `cpctl plan` shows what would be done, `cpctl apply` does it")
        return Exit.FINDINGS
    return Exit.CLEAN


def _is_well(status: PlacementStatus) -> bool:
    """Whether a placement is as desired, or will be without anybody's doing."""
    unended = any(trouble.what == UNDER_WAY for trouble in status.troubles)
    return status.phase in WELL and not unended
