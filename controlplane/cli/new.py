"""`cpctl new`: files for something new, filled in so that lint and gate pass."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from controlplane.cli import output
from controlplane.cli.writing import locked, report, write_new
from controlplane.operations.scaffold import PLACES, Request
from controlplane.operations.scaffold import new as scaffold
from controlplane.operations.setting import Setting
from controlplane.repo.snapshot import read_worktree, root_of


@click.command()
@click.argument("what", metavar="KIND", type=click.Choice(list(PLACES)))
@click.argument("name")
@click.option("--root", default=".", type=click.Path(path_type=Path), help="The repository.")
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Give a field.")
def new(what: str, name: str, root: Path, settings: tuple[str, ...]) -> None:
    """Make files for a new KIND of that NAME; a pack may be NAME@VERSION.

    KIND is tenant, pack, environment, cluster, engine, price-plan, budget, canary or waiver.
    What it must refer to is taken from the repository; --set spec.plan=growth gives a field.
    """
    today = datetime.now(UTC).date()
    request = Request(what, name, today, tuple(Setting.parse(text) for text in settings))
    files = list(scaffold(request, read_worktree(root)))
    if what == "tenant":
        planned = {file.path: file.text.encode() for file in files}
        files += locked(read_worktree(root, planned), name)
    written = write_new(root_of(root), files)
    report(written)
    output.talk(f"next: look at {written[0]}, then run `cpctl lint`")
