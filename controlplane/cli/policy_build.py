"""`cpctl policy build`: the policies of a revision, compiled, as one file for each policy set."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.errors import UsageError
from controlplane.operations.policies import NamedBundle, policy_sets
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read


@click.command()
@options.root
@options.rev
@click.option("--set", "chosen", metavar="NAME", help="Only this policy set; all if not given.")
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the compiled policies there; they are kept in the cache either way.",
)
def build(root: str, rev: str, chosen: str | None, out: Path | None) -> None:
    """Compile the policies of a revision with OPA, and say what came of it.

    The same policies and the same OPA give the same digest. Name the file with CPCTL_COMPILED
    where there is no OPA. It is made of what Git holds, so do not commit it.
    """
    compiler = wiring.compiler()
    sets = chosen_sets(policy_sets(read(GitRepository.open(root), rev)), chosen)
    if out is not None and len(sets) > 1:
        raise UsageError(
            f"{rev} has {len(sets)} policy sets, and a file holds one",
            remedy="choose one with --set " + "|".join(each.name for each in sets),
        )
    rows = []
    for each in sets:
        artifact = compiler.artifact(each.bundle)
        size = f"{len(artifact.wasm):,}"
        rows.append((each.name, artifact.digest, size, artifact.opa, each.bundle.digest))
        if out is not None:
            write_file(out, artifact.to_bytes())
    output.data(output.table(("POLICY SET", "COMPILED", "BYTES", "OPA", "POLICIES"), rows))
    if out is not None:
        output.talk(f"written: {out}")
        output.talk(f"next: CPCTL_COMPILED={out} cpctl gate --engine compiled …")


def chosen_sets(sets: tuple[NamedBundle, ...], name: str | None) -> list[NamedBundle]:
    """Return the set of that name, every one for None. Raises UsageError where there is none."""
    found = [each for each in sets if name in (None, each.name)]
    if not found:
        raise UsageError(
            f"there is no policy set `{name}`",
            remedy=f"choose from {', '.join(each.name for each in sets) or 'none'}",
        )
    return found


def write_file(out: Path, content: bytes) -> None:
    """Write a file. Raises UsageError where that cannot be done."""
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror}", remedy="choose another place with -o"
        ) from error
