"""`cpctl approve`: agree to one step, in a role, with a signature that holds for no other step."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.reading import step_of
from controlplane.errors import Exit
from controlplane.operations.approvals import Approvals
from controlplane.operations.approving import approve, refuse_unknown_classes
from controlplane.operations.emergencies import refuse_own_review
from controlplane.operations.people import People
from controlplane.operations.said import Statements
from controlplane.operations.trust import trust_of
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from controlplane.resources.base import Change
from controlplane.resources.common import StaffRole


@click.command(name="approve")
@options.step
@click.option("--role", type=click.Choice(get_args(StaffRole)), required=True, help="As what.")
@click.option(
    "--class",
    "classes",
    type=click.Choice(get_args(Change)),
    multiple=True,
    help="Agree to this class of the change only; `emergency` claims one. [all of it]",
)
@click.option("--review", is_flag=True, help="I looked at this emergency after it was merged.")
@click.option("--comment", default="", help="Why, for whoever asks later.")
@options.root
@options.keys
def command(
    base: str,
    head: str,
    role: str,
    classes: tuple[str, ...],
    review: bool,
    comment: str,
    root: str,
    keys: Path | None,
) -> int:
    """Agree to the step from BASE to HEAD; an added commit makes it worthless."""
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    step = step_of(repository, base, head)
    if classes:
        refuse_unknown_classes(classes, changes(step.base, step.head).classes)
    directory = wiring.evidence_directory(repository)
    writer = wiring.evidence_writer(directory, "approve", keys=keys)
    trust, people = trust_of(step.base), People.of(step.base)
    if review:
        book = Approvals(Statements(directory), trust, people, wiring.now())
        claimants = book.claimants(step)
        refuse_own_review(people, writer.signer.keyid, claimants)
        mine = people.key(writer.signer.keyid)
        if mine is not None and not mine.person:
            output.talk(
                f"{base} names no person for key {mine.name}: the review counts once the base in "
                "force does"
            )
        if not claimants:
            output.talk("the evidence here has no emergency claimed of this step")
    entry = approve(step, role, comment, trust, writer, classes=classes, review=review)
    word = "reviewed" if review else "approved"
    limited = f" for {', '.join(sorted(set(classes)))} only" if classes else ""
    output.data(
        f"{word} {step.head.revision} as {role}{limited}: {entry.origin} entry {entry.index}"
    )
    output.talk("next: `cpctl evidence publish --as NAME`, so that the gate elsewhere sees it")
    return Exit.CLEAN
