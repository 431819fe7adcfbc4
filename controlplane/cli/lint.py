"""`cpctl lint`: everything that is wrong with the repository, at once, each at its place."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

import click

from controlplane import wiring
from controlplane.cli import collecting, output
from controlplane.cli import forms as shown
from controlplane.cli.forms import Form
from controlplane.errors import Exit
from controlplane.operations.linting import lint as find_problems
from controlplane.operations.linting import lint_file
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import (
    Snapshot,
    inside,
    read,
    read_index,
    read_worktree,
    root_of,
)
from controlplane.repo.source import MAX_CONTENT
from controlplane.report import github, gitlab, json_text, junit, sarif
from controlplane.report.results import of_lint
from controlplane.values import Problem

FORMS = ("table", "json", "sarif", "junit", "github", "gitlab")


@click.command()
@click.argument("path", default=".", type=click.Path())
@click.option("--rev", metavar="REV", help="Read a revision instead of the working tree.")
@click.option("--index", is_flag=True, help="Read what `git commit` would commit now.")
@click.option("--stdin", is_flag=True, help="Read one file's text from stdin, as an editor has it.")
@click.option("--filename", metavar="PATH", help="With --stdin: where the text would stand.")
@shown.option(*FORMS)
def lint(
    path: str,
    rev: str | None,
    index: bool,
    stdin: bool,
    filename: str | None,
    forms: tuple[Form, ...],
) -> int:
    """Check the repository at PATH and report every problem with its place and remedy."""
    if rev is not None and index:
        raise click.UsageError("--rev and --index exclude each other")
    if stdin is not (filename is not None):
        raise click.UsageError("--stdin and --filename PATH come together")
    if stdin and (rev is not None or index):
        raise click.UsageError("--stdin is about the working tree, without --rev and --index")
    if filename is not None:
        return _file(path, filename, forms)
    with collecting.paused():
        snapshot = take(path, rev, index=index)
        problems = find_problems(snapshot)
        _show(snapshot.revision, problems, forms)
        _summary(snapshot, problems)
    return Exit.INVALID_REPOSITORY if problems else Exit.CLEAN


def take(path: str, rev: str | None, *, index: bool = False) -> Snapshot:
    """Read the state of the repository that was asked for."""
    if rev is not None:
        return read(GitRepository.open(path), rev)
    if index:
        return read_index(GitRepository.open(path), wiring.index_file())
    return read_worktree(path)


def _file(path: str, filename: str, forms: Sequence[Form]) -> int:
    """Check the text on stdin as if it stood at `filename`; say only what is wrong with it."""
    root = root_of(path)
    place = inside(root, filename)
    text = sys.stdin.buffer.read(MAX_CONTENT + 1)
    problems = lint_file(read_worktree(root, {place: text}), place)
    _show(place, problems, forms)
    return Exit.INVALID_REPOSITORY if problems else Exit.CLEAN


def _show(what: str, problems: Sequence[Problem], forms: Sequence[Form]) -> None:
    report = of_lint(problems, what)
    origins = sarif.Origins(version("controlplane"))
    shown.write(
        shown.chosen(forms, "table"),
        {
            "table": lambda: _table(problems),
            "json": lambda: json_text.of_problems(problems),
            "sarif": lambda: sarif.write(report, origins),
            "junit": lambda: junit.write(report),
            "github": lambda: github.write(report),
            "gitlab": lambda: gitlab.write(report),
        },
    )


def _summary(snapshot: Snapshot, problems: tuple[Problem, ...]) -> None:
    declared = sum(1 for document in snapshot.documents if document.parsed.valid)
    if not problems:
        output.talk(f"{snapshot.revision}: {declared} resources, no problems")
        return
    files = len({problem.position.path for problem in problems})
    output.fail(
        f"{_count(len(problems), 'problem')} in {_count(files, 'file')} ({snapshot.revision})",
        f"begin with {problems[0].position}: {problems[0].remedy}",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _table(problems: Sequence[Problem]) -> str:
    lines = []
    for problem in problems:
        lines.append(f"{problem.position}: {problem.message} [{problem.code}]")
        lines.append(f"    → {problem.remedy}")
    return "\n".join(lines)
