"""`cpctl lint`: everything that is wrong with the repository, at once, each at its place."""

from __future__ import annotations

import click

from controlplane.cli import options, output
from controlplane.errors import Exit
from controlplane.operations.linting import lint as find_problems
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read, read_index, read_worktree
from controlplane.values import Problem


@click.command()
@click.argument("path", default=".", type=click.Path())
@click.option("--rev", metavar="REV", help="Read a revision instead of the working tree.")
@click.option("--index", is_flag=True, help="Read what `git commit` would commit now.")
@options.form("table", "json", "github")
def lint(path: str, rev: str | None, index: bool, form: str) -> int:
    """Check the repository at PATH and report every problem with its place and remedy."""
    if rev is not None and index:
        raise click.UsageError("--rev and --index exclude each other")
    snapshot = take(path, rev, index=index)
    problems = find_problems(snapshot)
    if problems or form == "json":
        output.data(_FORMS[form](problems))
    _summary(snapshot, problems)
    return Exit.INVALID_REPOSITORY if problems else Exit.CLEAN


def take(path: str, rev: str | None, *, index: bool = False) -> Snapshot:
    """Read the state of the repository that was asked for."""
    if rev is not None:
        return read(GitRepository.open(path), rev)
    return read_index(GitRepository.open(path)) if index else read_worktree(path)


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


def _table(problems: tuple[Problem, ...]) -> str:
    lines = []
    for problem in problems:
        lines.append(f"{problem.position}: {problem.message} [{problem.code}]")
        lines.append(f"    → {problem.remedy}")
    return "\n".join(lines)


def _json(problems: tuple[Problem, ...]) -> str:
    return output.as_json(
        [
            {
                "path": problem.position.path,
                "line": problem.position.line,
                "column": problem.position.column,
                "code": problem.code,
                "message": problem.message,
                "remedy": problem.remedy,
            }
            for problem in problems
        ]
    )


def _github(problems: tuple[Problem, ...]) -> str:
    """Return workflow commands, which GitHub shows as annotations on the changed lines."""
    return "\n".join(
        f"::error file={_property(p.position.path)},line={p.position.line},"
        f"col={p.position.column},title={_property(p.code)}::{_escaped(f'{p.message}: {p.remedy}')}"
        for p in problems
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


_FORMS = {"table": _table, "json": _json, "github": _github}
