"""`cpctl evidence`: the evidence package's own commands, and carrying evidence through Git."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.reading import revision_of
from controlplane.errors import ControlPlaneError, Exit
from controlplane.operations import exchange
from controlplane.operations.trust import trust_set
from controlplane.repo.git import GitRepository
from evidence.cli import evidence as own


@click.group(commands=dict(own.commands), help=own.help)
def evidence() -> None:
    """Hold the package's commands and the ones below."""


@evidence.command(params=own.commands["bundle"].params, help=own.commands["bundle"].help)
@click.pass_context
def bundle(context: click.Context, /, commit: str, **rest: Any) -> None:
    """Let a commit be named as Git names it; the package alone knows no Git."""
    with suppress(ControlPlaneError):
        commit = GitRepository.open(".").resolve(commit).id
    written: Any = own.commands["bundle"].callback
    context.invoke(written, commit=commit, **rest)


@evidence.command()
@options.root
@click.option("--as", "writer", required=True, metavar="NAME", help="Who writes here: ci-4711.")
def publish(root: str, writer: str) -> int:
    """Put this machine's evidence under refs/evidence/NAME, ready to be pushed."""
    repository = GitRepository.open(root)
    directory = wiring.evidence_directory(repository)
    held = exchange.publish(repository, directory, writer, wiring.now())
    output.data(f"{held.reference} {held.commit}")
    output.talk(f"next: git push origin {held.reference}")
    return Exit.CLEAN


@evidence.command()
@options.root
@click.option("--rev", default="HEAD", help="The revision whose trust root counts. [HEAD]")
def collect(root: str, rev: str) -> int:
    """Take over what others published under refs/evidence/*, each log verified first."""
    repository = GitRepository.open(root)
    directory = wiring.evidence_directory(repository)
    trust = trust_set(revision_of(repository, rev))
    found = exchange.collect(repository, directory, trust, wiring.now())
    for each in found:
        if each.problem:
            output.fail(f"{each.reference}: {each.problem}", each.remedy)
        else:
            output.data(f"{each.reference}: {each.new} new entries")
    if not found:
        output.talk("nothing new; next: git fetch origin '+refs/evidence/*:refs/evidence/*'")
    return Exit.NOT_VERIFIED if any(each.problem for each in found) else Exit.CLEAN
