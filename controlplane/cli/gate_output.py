"""How a gate report is shown on a terminal: findings first, the verdict last.

What pull requests, CI and code hosts are shown is in `controlplane.report`.
"""

from __future__ import annotations

import re

import click

from controlplane.cli.output import table
from controlplane.operations.gate import GateReport
from controlplane.policy.model import Severity
from controlplane.repo.changes import SubjectChange
from controlplane.report import counterfactual, emergencies, waivers
from controlplane.report.changes import fields
from controlplane.report.escaping import plain
from controlplane.report.results import sentence

NOBODY_AGREED = (
    "commit it first: what is not committed nobody can approve, so no approval counts here"
)
_APPROVALS = re.compile(r"^[^#\n]*\bapprovals\b", re.MULTILINE)  # in code, not in a comment
SHOWN = 20  # rows of the list of changes; `cpctl diff` shows all of them

_STANDINGS = {"ends soon": "yellow", "worthless": "red", "ended": "red"}
_COLOURS = {Severity.DENY: "red", Severity.WARN: "yellow", Severity.INFO: "blue"}


def as_table(report: GateReport) -> str:
    """Return the report for a terminal: findings first, the verdict last."""
    lines, unheard = [], _unheard(report)
    for problem in report.problems:
        lines.append(
            f"{problem.position}: {click.style('invalid', fg='red')} {plain(problem.message)}"
        )
        lines.append(f"    → {problem.remedy}")
    for finding in report.findings:
        word = click.style(finding.severity.value, fg=_COLOURS[finding.severity], bold=True)
        lines.append(f"{finding.position}: {word} {plain(finding.message)}  [{finding.rule}]")
        lines.append(f"    → {finding.remedy}")
        if finding.rule in unheard:
            lines.append(f"    → {NOBODY_AGREED}")
    for item in report.undecided:
        word = click.style("undecided", fg="red", bold=True)
        lines.append(f"{item.subject}: {word} {item.rule} {item.message}")
        lines.append(f"    → {item.remedy}")
    for standing in report.waivers:
        word = click.style("waiver", fg=_STANDINGS.get(standing.standing, "blue"))
        lines.append(f"{standing.waiver.path}: {word} {plain(waivers.sentence(standing))}")
    word = click.style("review", fg="yellow")
    lines += [f"{word}: {plain(each)}" for each in emergencies.due(report)]
    # What an invalid head changes is not known: what cannot be read looks deleted.
    if not report.problems and (report.changes.subjects or report.changes.files):
        rows = [_row(change) for change in report.changes.subjects]
        rows += [(f.operation, f.path, f.change_class, "") for f in report.changes.files]
        lines += ["", table(("CHANGE", "SUBJECT", "CLASS", "WHAT"), rows[:SHOWN])]
        if len(rows) > SHOWN:
            lines.append(f"… and {len(rows) - SHOWN} more; `cpctl diff` shows all of them")
    lines += counterfactual.as_lines(report.counterfactual)
    colour = "green" if report.allow else "red"
    lines += ["", click.style(sentence(report), fg=colour, bold=True)]
    if claimed := emergencies.claimed(report):
        lines.append(click.style(plain(claimed), fg="yellow"))
    return "\n".join(lines).lstrip("\n")


def lacks_approvals_only(report: GateReport) -> bool:
    """Whether all that denies looks at approvals, of a step that nobody can approve yet."""
    denying = {each.rule for each in report.findings if each.severity is Severity.DENY}
    return denying <= _unheard(report)


def _unheard(report: GateReport) -> frozenset[str]:
    """Return the rules that look at approvals, where the step is one that nobody can approve."""
    if report.step.head.commit is not None:
        return frozenset()
    return frozenset(
        rule.id
        for _, judgement in report.judgements
        for rule in judgement.bundle.rules
        for module in judgement.bundle.modules
        if module.path == rule.module and _APPROVALS.search(module.text)
    )


def _row(change: SubjectChange) -> tuple[str, str, str, str]:
    whole = change.operation != "update"
    what = "" if whole else "; ".join(fields(change)[:2])
    more = 0 if whole else len(change.fields) - 2
    return (
        change.operation,
        f"{change.kind}/{change.identity}",
        ",".join(sorted(change.classes)),
        what + (f"; and {more} more" if more > 0 else ""),
    )
