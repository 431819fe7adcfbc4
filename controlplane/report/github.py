"""Workflow commands, which GitHub shows as annotations on the lines of a pull request.

Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows
ten annotations of a level for each step, so the gravest come first.
"""

from __future__ import annotations

from controlplane.report.escaping import command_data, command_property, plain
from controlplane.report.model import Level, Report, Result

_WORDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def write(report: Report) -> str:
    """Return one command a line, and the verdict as the last line; "" where lint found nothing."""
    lines = [_command(each) for each in report.results]
    if report.command == "gate":
        lines.append(f"cpctl {report.command}: {plain(report.sentence)}")
    return "\n".join(lines)


def _command(result: Result) -> str:
    word = _WORDS[Level.NOTE if result.waived else result.level]
    title = f"{result.rule} (waived)" if result.waived else result.rule
    waived = f" (waived: {result.waived})" if result.waived else ""
    text = f"{plain(result.message)}{plain(waived)}\n{plain(result.remedy)}"
    place = result.position
    return (
        f"::{word} file={command_property(place.path)},line={place.line},col={place.column},"
        f"title={command_property(plain(title))}::{command_data(text)}"
    )
