"""`cpctl policy inputs`: what rules judge of a revision, and the rules, as files for conftest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.errors import InvalidRepositoryError, UsageError
from controlplane.operations.exporting import File, for_conftest, inputs
from controlplane.operations.linting import lint
from controlplane.operations.policies import policy_sets
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read


@click.command(name="inputs")
@options.root
@options.rev
@click.option(
    "-o",
    "--output",
    "out",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The new or empty directory that is written.",
)
def policy_inputs(root: str, rev: str, out: Path) -> None:
    """Write the envelope of every subject of a revision, and the policies that judge it.

    The files serve any tool of Open Policy Agent's; conftest finds what it needs in them.
    """
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty", remedy="name another directory, or remove it first")
    head = read(GitRepository.open(root), rev)
    for problem in lint(head):
        raise InvalidRepositoryError(
            f"{problem.position}: {problem.message}", remedy="see `cpctl lint`"
        )
    sets = policy_sets(head)
    count = _write(out, inputs(head, wiring.charts(), wiring.now()))
    for each in sets:
        _write(out / each.name, for_conftest(each.bundle))
    output.talk(f"written: {out}, {count} envelopes, {len(sets)} policy set(s)")
    for each in sets:
        place = out / each.name
        output.talk(f"next: conftest test -p {place}/policy -d {place}/data {out}/inputs")


def _write(directory: Path, files: Iterable[File]) -> int:
    count = 0
    for path, content in files:
        place = directory / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError as error:
            raise UsageError(
                f"{place} cannot be written: {error.strerror}", remedy="name another directory"
            ) from error
        count += 1
    return count
