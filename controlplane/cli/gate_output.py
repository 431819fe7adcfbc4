"""How a gate report is shown: for a terminal, for a pull request, for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from controlplane.cli.output import as_json, table
from controlplane.operations.findings import LocatedFinding
from controlplane.operations.gate import GateReport
from controlplane.operations.recording import decision_json
from controlplane.policy.model import Severity
from controlplane.repo.changes import SubjectChange
from controlplane.repo.compare import ABSENT
from controlplane.values import dotted

SHOWN = 20  # rows of a list in a comment; whoever wants all of them runs the gate

_MARKS = {Severity.DENY: "⛔", Severity.WARN: "⚠️", Severity.INFO: "i"}
_COLOURS = {Severity.DENY: "red", Severity.WARN: "yellow", Severity.INFO: "blue"}


def as_table(report: GateReport) -> str:
    """Return the report for a terminal: findings first, the verdict last."""
    lines = []
    for problem in report.problems:
        lines.append(
            f"{problem.position}: {click.style('invalid', fg='red')} {_plain(problem.message)}"
        )
        lines.append(f"    → {problem.remedy}")
    for finding in report.findings:
        word = click.style(finding.severity.value, fg=_COLOURS[finding.severity], bold=True)
        lines.append(f"{finding.position}: {word} {_plain(finding.message)}  [{finding.rule}]")
        lines.append(f"    → {finding.remedy}")
    for item in report.undecided:
        word = click.style("undecided", fg="red", bold=True)
        lines.append(f"{item.subject}: {word} {item.rule} {item.message}")
        lines.append(f"    → {item.remedy}")
    if report.changes.subjects or report.changes.files:
        rows = [_row(change) for change in report.changes.subjects]
        rows += [(f.operation, f.path, f.change_class, "") for f in report.changes.files]
        lines += ["", table(("CHANGE", "SUBJECT", "CLASS", "WHAT"), rows[:SHOWN])]
        if len(rows) > SHOWN:
            lines.append(f"… and {len(rows) - SHOWN} more; `cpctl diff` shows all of them")
    lines += ["", _sentence(report)]
    return "\n".join(lines).lstrip("\n")


def _row(change: SubjectChange) -> tuple[str, str, str, str]:
    whole = change.operation != "update"
    what = "" if whole else "; ".join(_field(change)[:2])
    more = 0 if whole else len(change.fields) - 2
    return (
        change.operation,
        f"{change.kind}/{change.identity}",
        ",".join(sorted(change.classes)),
        what + (f"; and {more} more" if more > 0 else ""),
    )


def _field(change: SubjectChange) -> list[str]:
    return [
        f"{dotted(field.path)}: {_short(field.old)} → {_short(field.new)}"
        for field in change.fields
    ]


def _short(value: object) -> str:
    if value is ABSENT:
        return "—"
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        value = value["text"]
    text = value if isinstance(value, str) else as_json(value).replace("\n", " ")
    text = _plain(text)
    return text if len(text) <= 40 else text[:37] + "…"


def _sentence(report: GateReport) -> str:
    """Return the verdict in one sentence."""
    denies = sum(finding.severity is Severity.DENY for finding in report.findings)
    rules = len(report.verdict.rules)
    if report.problems:
        return click.style(f"invalid: {len(report.problems)} problem(s)", fg="red", bold=True)
    if report.allow:
        text = f"allowed: {rules} rules, {len(report.findings)} finding(s) that do not forbid it"
        return click.style(text, fg="green", bold=True)
    parts = [f"{denies} finding(s) forbid it"] if denies else []
    parts += [f"{len(report.undecided)} undecided"] if report.undecided else []
    parts = parts or ["no rule was asked"]
    return click.style(f"denied: {', '.join(parts)}", fg="red", bold=True)


def as_json_text(report: GateReport) -> str:
    """Return the decision with its findings in words and their places."""
    return as_json(
        {
            "decision": decision_json(report),
            "findings": [_finding_json(finding) for finding in report.findings],
            "problems": [
                {
                    "code": p.code,
                    "message": p.message,
                    "position": str(p.position),
                    "remedy": p.remedy,
                }
                for p in report.problems
            ],
            "undecided": [
                {
                    "cause": item.cause.value,
                    "message": f"{item.rule} {item.message}",
                    "rule": item.rule,
                    "subject": item.subject,
                }
                for item in report.undecided
            ],
            "details": list(report.details),
        }
    )


def _finding_json(finding: LocatedFinding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "path": finding.position.path,
        "line": finding.position.line,
        "column": finding.position.column,
        "field": finding.field,
        "message": finding.message,
        "remedy": finding.remedy,
        "controls": list(finding.controls),
    }


def as_markdown(report: GateReport) -> str:
    """Return the comment of a pull request: verdict, changes, findings, objects, blast radius."""
    mark = "✅" if report.allow else "⛔"
    parts = [f"## {mark} {click.unstyle(_sentence(report))}"]
    changed = [_change_line(each) for each in report.changes.subjects]
    changed += [f"- **{f.operation}** `{f.path}` ({f.change_class})" for f in report.changes.files]
    parts += _section("Changes", changed)
    parts += _section("Findings", [*_problem_lines(report), *_finding_lines(report)])
    parts += _section("Rendered objects", list(_delta_lines(report)))
    parts += _section("Blast radius", _reach_lines(report))
    parts.append(f"<sub>{_footer(report)}</sub>")
    return "\n\n".join(parts)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = list(lines[:SHOWN])
    if len(lines) > SHOWN:
        shown.append(f"- … and {len(lines) - SHOWN} more")
    return [f"### {title}\n\n" + "\n".join(shown)]


def _change_line(change: SubjectChange) -> str:
    fields = ", ".join(f"{_md(text)}" for text in _field(change)[:3])
    more = f", and {len(change.fields) - 3} more" if len(change.fields) > 3 else ""
    classes = ", ".join(sorted(change.classes))
    what = f": {fields}{more}" if fields else ""
    return f"- **{change.operation}** {change.kind} `{change.identity}` ({classes}){what}"


def _problem_lines(report: GateReport) -> list[str]:
    return [f"- ⛔ `{p.position}` {_md(p.message)} — *{_md(p.remedy)}*" for p in report.problems]


def _finding_lines(report: GateReport) -> list[str]:
    lines = [
        f"- {_MARKS[f.severity]} `{f.position}` {_md(f.message)} (`{f.rule}`) — *{_md(f.remedy)}*"
        for f in report.findings
    ]
    lines += [
        f"- ⛔ `{u.subject}` `{u.rule}` {_md(u.message)} — *{_md(u.remedy)}*"
        for u in report.undecided
    ]
    return lines


def _delta_lines(report: GateReport) -> Iterable[str]:
    for delta in report.deltas:
        counts = f"+{len(delta.gained)} -{len(delta.lost)} ~{len(delta.changed)}"
        names = [*(f"+`{i}`" for i in delta.gained), *(f"-`{i}`" for i in delta.lost)]
        names += [f"~`{i}`" for i in delta.changed]
        more = f", … {len(names) - 6} more" if len(names) > 6 else ""
        yield f"- **{delta.placement}** {counts}: {', '.join(names[:6])}{more}"


def _reach_lines(report: GateReport) -> list[str]:
    reach = report.changes.reach
    sides = (
        ("tenant", reach.tenants),
        ("environment", reach.environments),
        ("target", reach.targets),
    )
    return [_reached(title, sorted(names)) for title, names in sides if names]


def _reached(title: str, names: Sequence[str]) -> str:
    more = " …" if len(names) > 10 else ""
    plural = "s" if len(names) > 1 else ""
    return f"- {len(names)} {title}{plural}: {', '.join(names[:10])}{more}"


def _footer(report: GateReport) -> str:
    engines = {f"{j.engine} {j.engine_version}" for _, j in report.judgements}
    policies = {f"{name} {j.bundle.digest[7:19]}" for name, j in report.judgements}
    return (
        f"engine {', '.join(sorted(engines)) or 'none'} · policies "
        f"{', '.join(sorted(policies)) or 'none'} · verdict {report.verdict.digest()[7:19]}"
    )


def _plain(text: str) -> str:
    """Return text from the repository as one line that holds nothing a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def _md(text: str) -> str:
    """Return text from the repository so that Markdown shows it and does nothing else with it."""
    text = _plain(text)
    for char in "\\`*_[]<>|#@":
        text = text.replace(char, f"\\{char}")
    return text
