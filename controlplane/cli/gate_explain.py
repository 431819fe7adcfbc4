"""How `cpctl gate --explain` is shown: each condition of a rule, and the first that failed."""

from __future__ import annotations

from collections.abc import Iterator

import click

from controlplane.cli import gate_output, output
from controlplane.errors import Exit
from controlplane.operations.explaining import Condition, Explained, Explanation, explain_rule
from controlplane.operations.gate import GateReport
from controlplane.policy.engine import PolicyEngine
from controlplane.report.escaping import clipped

WIDTH = 110


def show(report: GateReport, engine: PolicyEngine, rule: str, subject: str | None) -> int:
    """Print the explanation; what was explained was read, not decided, so the exit code is 0."""
    if report.problems:
        output.data(gate_output.as_table(report))
        output.fail("the rules were not asked", "mend the problems above first")
        return Exit.INVALID_REPOSITORY
    explained = explain_rule(report, engine, rule, subject)
    output.talk(f"engine: {engine.version()}")
    output.data("\n\n".join("\n".join(_lines(report, each)) for each in explained))
    output.talk("not recorded: this explains a decision and is none")
    return Exit.CLEAN


def _lines(report: GateReport, about: Explanation) -> Iterator[str]:
    yield f"{click.style(about.rule.id, bold=True)}: {about.rule.title}"
    yield f"asked about {about.subject} under {about.policy_set}, {about.rule.severity.value}"
    for body in about.bodies:
        yield ""
        yield f"{about.rule.module}:{body.line}"
        yield from _body(body)
    yield ""
    found = [f for f in report.findings if (f.rule, f.subject) == (about.rule.id, about.subject)]
    for finding in found:
        yield f"{finding.position}: {finding.severity.value} {clipped(finding.message, 300)}"
    open_ = [u for u in report.undecided if (u.rule, u.subject) == (about.rule.id, about.subject)]
    yield from (f"undecided: {item.rule} {item.message}; {item.remedy}" for item in open_)
    held = sum(body.found for body in about.bodies)
    yield f"{held} of {len(about.bodies)} bodies find something"


def _body(body: Explained) -> Iterator[str]:
    for condition in body.conditions[:-1]:
        yield from _condition(condition, condition.text)
    last = body.conditions[-1]
    term = "" if last.text.isidentifier() else f" {last.text}"
    yield from _condition(last, f"→ a finding{term}")


def _condition(condition: Condition, text: str) -> Iterator[str]:
    ways = f"   ({condition.ways} ways)" if condition.ways > 1 else ""
    yield f"  {_mark(condition)} {clipped(text, WIDTH)}{ways}"
    if condition.error:
        yield f"      {clipped(condition.error, 300)}"
    if condition.held is False:
        for name, value in condition.seen:
            equals = "" if value == "is absent" else "= "
            yield f"      {name} {equals}{clipped(value, WIDTH)}"


def _mark(condition: Condition) -> str:
    if condition.held is None:
        return "·"
    return click.style("✓", fg="green") if condition.held else click.style("✗", fg="red")
