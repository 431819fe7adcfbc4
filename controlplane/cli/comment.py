"""`cpctl comment`: the gate's comment on the pull request, over the former one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from controlplane.cli import output
from controlplane.codehost import from_job
from controlplane.operations.commenting import comment
from controlplane.report.markdown import MARKER


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--number", default="", help="The request; the job's own if not given.")
def command(file: Path, number: str) -> None:
    """Post FILE, which `cpctl gate -o md=FILE` wrote, in a job of GitHub or GitLab.

    The token is GH_TOKEN or CPCTL_GITLAB_TOKEN.
    """
    over = comment(from_job(os.environ, number), file.read_text("utf-8"), MARKER)
    output.talk("the former comment was written over" if over else "a comment was made")
