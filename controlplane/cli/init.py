"""`cpctl init`: a working repository in a new folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from controlplane.cli import output
from controlplane.cli.writing import write_lock, write_new
from controlplane.operations.scaffold import OWN, starter
from controlplane.repo.snapshot import snapshot
from controlplane.repo.source import WorktreeSource

NEXT = """next:
  cd {folder} && git init -b main
  mkdir -p trust && cpctl keys init --holder platform > trust/platform.yaml   # public halves only
  git add -A && git commit -m "Begin" && cpctl lint
  cpctl render acme      # what the one tenant becomes
  cpctl gate --genesis   # its first revision, judged
  mkdir -p rendered && cpctl apply --connect '*=directory:rendered/{{name}}'"""


@click.command()
@click.argument("place", metavar="FOLDER", type=click.Path(file_okay=False))
def init(place: str) -> None:
    """Write a working repository into FOLDER: one tenant, one pack, policies, templates, CI."""
    if not place:  # as from a variable that is not set
        raise click.BadParameter("it has no name; write `.` for this folder", param_hint="FOLDER")
    folder = Path(place)
    files = starter(datetime.now(UTC).date())
    kept = {path for path in OWN if (folder / path).exists()}
    written = write_new(folder, [file for file in files if file.path not in kept])
    # The folder itself, whatever Git repository may be around it.
    written += write_lock(folder, snapshot(WorktreeSource(folder, None)), "acme")
    output.data(f"{folder}: {len(written)} files")
    for path in sorted(kept):
        output.talk(f"{folder / path} was there and stays as it is")
    output.talk(NEXT.format(folder=folder))
