"""`cpctl approve`: agree to one step, in a role, with a signature that holds for no other step."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.gate_step import step_of
from controlplane.errors import Exit
from controlplane.operations.approving import approve
from controlplane.operations.trust import trust_of
from controlplane.repo.git import GitRepository
from controlplane.resources.common import StaffRole


@click.command(name="approve")
@click.option("--base", metavar="REV", required=True, help="What the protected branch holds.")
@click.option("--head", metavar="REV", default="HEAD", help="What it would hold. [HEAD]")
@click.option("--role", type=click.Choice(get_args(StaffRole)), required=True, help="As what.")
@click.option("--comment", default="", help="Why, for whoever asks later.")
@options.root
@options.keys
def command(base: str, head: str, role: str, comment: str, root: str, keys: Path | None) -> int:
    """Agree to the step from BASE to HEAD; an added commit makes it worthless."""
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    step = step_of(repository, base, head)
    directory = wiring.evidence_directory(repository)
    writer = wiring.evidence_writer(directory, "approve", keys=keys)
    entry = approve(step, role, comment, trust_of(step.base), writer)
    output.data(f"approved {step.head.revision} as {role}: {entry.origin} entry {entry.index}")
    output.talk("next: `cpctl evidence publish --as NAME`, so that the gate elsewhere sees it")
    return Exit.CLEAN
