"""`cpctl lock`: writes down which version of each pack a tenant runs."""

from __future__ import annotations

import click

from controlplane.cli import output
from controlplane.errors import Exit, InvalidRepositoryError
from controlplane.operations.locking import LockChange
from controlplane.operations.locking import lock as resolve_locks
from controlplane.repo.files import write_below
from controlplane.repo.snapshot import Snapshot, read_worktree, root_of
from controlplane.values import Problem


@click.command()
@click.argument("tenants", nargs=-1, metavar="[TENANT]...")
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@click.option("--check", is_flag=True, help="Write nothing; say what would change.")
@click.option("--update", multiple=True, metavar="PACK", help="Take the newest version in range.")
def lock(tenants: tuple[str, ...], root: str, check: bool, update: tuple[str, ...]) -> int:
    """Resolve the pack ranges of TENANT (default: of all) and write their lock files.

    A version that is locked and still in range stays; --update moves a pack to the newest one.
    """
    snapshot = read_worktree(root)
    _require_settings(snapshot)
    changes, problems = resolve_locks(snapshot, tenants, update)
    place = root_of(root)
    for change in changes:
        if not check:
            write_below(place, change.path, change.text)
        output.data(_told(change))
    if not snapshot.of_kind("Tenant"):
        output.talk("there is no tenant, so there is nothing to lock")
        return Exit.CLEAN
    return _end(changes, problems, check=check)


def _require_settings(snapshot: Snapshot) -> None:
    """Refuse a place that is no repository of ours, of which every lock would be up to date."""
    for problem in snapshot.problems:
        if problem.code == "repository/missing":
            raise InvalidRepositoryError(
                f"{problem.position}: {problem.message}", remedy=problem.remedy
            )


def _told(change: LockChange) -> str:
    lines = [change.path]
    for environment, pack, old, new in change.moves:
        if old == new:
            lines.append(f"  {environment}: {pack} {new} (range or content)")
        else:
            lines.append(f"  {environment}: {pack} {old or '(new)'} → {new or '(removed)'}")
    return "\n".join(lines)


def _end(changes: tuple[LockChange, ...], problems: tuple[Problem, ...], *, check: bool) -> int:
    for problem in problems:
        output.fail(f"{problem.position}: {problem.message}", problem.remedy)
    if problems:
        return Exit.INVALID_REPOSITORY
    if not changes:
        output.talk("every lock file is up to date")
    elif check:
        output.fail(f"{len(changes)} lock file(s) are not up to date", "run `cpctl lock`")
        return Exit.FINDINGS
    else:
        output.talk(f"{len(changes)} lock file(s) written; next: git add and commit them")
    return Exit.CLEAN
