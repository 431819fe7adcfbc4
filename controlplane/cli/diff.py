"""`cpctl diff`: what changed between two states, in the product's terms, and whom it reaches."""

from __future__ import annotations

import click

from controlplane import wiring
from controlplane.cli import changes_text, options, output
from controlplane.errors import Exit
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read, read_worktree


@click.command()
@click.argument("base", default="HEAD")
@click.argument("head", required=False)
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@options.form("table", "json", "md")
def diff(base: str, head: str | None, root: str, form: str) -> int:
    """Show what changed from BASE (default: HEAD) to HEAD (default: the working tree)."""
    repository = GitRepository.open(root)
    old, new = _ends(repository, root, base, head)
    found = changes(old.require_valid(), new.require_valid())
    if form == "json":
        output.data(output.as_json(changes_text.as_json(found)))
    elif form == "md":
        output.data(changes_text.as_markdown(found))
    else:
        output.data(changes_text.as_lines(found))
    return Exit.CLEAN


def _ends(
    repository: GitRepository, root: str, base: str, head: str | None
) -> tuple[Snapshot, Snapshot]:
    """Read both ends; of two commits no more than what earlier runs do not know."""
    if head is None:
        return read(repository, base), read_worktree(root)
    return wiring.recalled().ends(repository, base, head)
