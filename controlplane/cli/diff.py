"""`cpctl diff`: what changed between two states, in the product's terms, and whom it reaches."""

from __future__ import annotations

import click

from controlplane.cli import changes_text, options, output
from controlplane.errors import Exit
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read, read_worktree


@click.command()
@click.argument("base", default="HEAD")
@click.argument("head", required=False)
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@options.form("table", "json", "md")
def diff(base: str, head: str | None, root: str, form: str) -> int:
    """Show what changed from BASE (default: HEAD) to HEAD (default: the working tree)."""
    repository = GitRepository.open(root)
    old = read(repository, base).require_valid()
    new = (read_worktree(root) if head is None else read(repository, head)).require_valid()
    found = changes(old, new)
    if form == "json":
        output.data(output.as_json(changes_text.as_json(found)))
    elif form == "md":
        output.data(changes_text.as_markdown(found))
    else:
        output.data(changes_text.as_lines(found))
    return Exit.CLEAN
