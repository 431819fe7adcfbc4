"""`cpctl state`: the schema of the state store, and the latest runs in it."""

from __future__ import annotations

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.errors import Exit, UsageError
from controlplane.repo.git import GitRepository


@click.group()
def state() -> None:
    """What the reconciler remembers between passes."""


@state.command()
@click.option("--state", "url", metavar="URL", required=True, help="postgresql://… or sqlite:///…")
def migrate(url: str) -> int:
    """Bring the schema at URL to this program's version; nothing is lost."""
    output.data(f"the schema is at {wiring.migrate_state(url)}")
    return Exit.CLEAN


@state.command()
@options.root
@options.state
@click.option("--last", default=10, help="How many runs. [10]")
@options.form("table", "json")
def runs(root: str, state: str | None, last: int, form: str) -> int:
    """Show the latest runs, newest first."""
    if last < 1:
        raise UsageError("--last must be at least 1", remedy="leave it out to see ten")
    store = wiring.state_to_read(GitRepository.open(root), state)
    found = store.runs(last) if store else ()
    if form == "json":
        output.data(output.as_json([vars(run) for run in found]))
    else:
        rows = [
            (r.id, r.kind, r.revision[:12], r.started[:19], r.outcome, r.summary) for r in found
        ]
        heads = ("RUN", "KIND", "REVISION", "STARTED", "OUTCOME", "SUMMARY")
        output.data(output.table(heads, rows))
    return Exit.CLEAN
