"""The comment of a pull request: the verdict, what to do about it, and what the change is.

Read in ten seconds: the verdict, what changes, what was found, what the rendered objects gain and
lose, and whom it reaches; what is long is folded. `MARKER` lets whoever posts it find the former
comment and write over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controlplane.operations.deltas import ObjectChange, ObjectDelta
from controlplane.operations.gate import GateReport
from controlplane.repo.changes import SubjectChange
from controlplane.report import counterfactual, emergencies, waivers
from controlplane.report.changes import fields
from controlplane.report.escaping import code, markdown
from controlplane.report.model import Level, Origin, Result
from controlplane.report.results import of_gate, sentence

MARKER: Final = "<!-- cpctl-gate -->"
LIMIT: Final = 60_000  # characters; GitHub takes 65,536 of them
OBJECTS: Final = 6  # of a placement
SHOWN: Final = 20  # rows of a list; whoever wants all of them runs the gate
_MARKS = {Level.ERROR: "⛔", Level.WARNING: "⚠️", Level.NOTE: "💬"}


def write(report: GateReport) -> str:
    """Return the comment; where it would grow too long, without its last folded parts."""
    mark = "✅" if report.allow else "⛔"
    words = sentence(report)
    head = f"{MARKER}\n## {mark} {words[:1].upper()}{words[1:]}"
    foot = f"<sub>{_footer(report)}</sub>"
    found = _found(of_gate(report).results)
    if report.problems:  # what cannot be read looks deleted
        return _joined([head, *found, foot])
    changed, waived = _changed(report), _waivers(report)
    said = [*_emergency(report), *changed, *found, *_reviews(report), *_otherwise(report)]
    for named in (True, False):  # the fields of objects are the first thing to do without
        rendered = [*waived, *_rendered(report, fields=named)]
        parts = [head, *said, *rendered, *_reach(report), foot]
        if len(_joined(parts)) <= LIMIT:
            break
    for folded in reversed([*changed, *rendered]):
        if len(_joined(parts)) > LIMIT:
            parts.remove(folded)
    return _joined(parts)


def _emergency(report: GateReport) -> list[str]:
    claimed = emergencies.claimed(report)
    return [f"🚨 **{markdown(claimed[:1].upper() + claimed[1:])}**"] if claimed else []


def _reviews(report: GateReport) -> list[str]:
    lines = [f"- 👀 {markdown(each, 500)}" for each in emergencies.due(report)]
    return ["\n".join(_listed(lines, "`cpctl approvals list` shows all"))] if lines else []


def _otherwise(report: GateReport) -> list[str]:
    """Return what a change of policy would have decided otherwise, nothing for other changes."""
    table = counterfactual.as_markdown_lines(report.counterfactual)
    if not table:
        return []
    examples = [f"- {markdown(text)}" for text in counterfactual.examples(report.counterfactual)]
    head = "### Counterfactual\n\n" + "\n".join(table)
    return [head, "\n".join(_listed(examples, "`cpctl gate` shows all"))] if examples else [head]


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _reach(report: GateReport) -> list[str]:
    reach = report.changes.reach
    sides = (
        ("tenant", reach.tenants),
        ("environment", reach.environments),
        ("target", reach.targets),
    )
    said = [_reached(title, sorted(names)) for title, names in sides if names]
    return [f"Reaches {', '.join(said)}."] if said else []


def _reached(title: str, names: Sequence[str]) -> str:
    plural = "s" if len(names) > 1 else ""
    more = " …" if len(names) > 4 else ""
    return f"{len(names)} {title}{plural} ({', '.join(code(n, 60) for n in names[:4])}{more})"


def _found(results: Sequence[Result]) -> list[str]:
    if not results:
        return []
    return ["\n".join(_listed([_result(each) for each in results], "`cpctl gate` shows all"))]


def _result(result: Result) -> str:
    mark = "☑️" if result.waived else _MARKS[result.level]
    waived = f" *(waived: {markdown(result.waived, 200)})*" if result.waived else ""
    rule = "" if result.origin is Origin.UNDECIDED else f" {code(result.rule, 80)}"
    return (
        f"- {mark} **{markdown(result.message)}**{waived}\n"
        f"  {code(str(result.position))}{rule}  \n"
        f"  → {markdown(result.remedy)}"
    )


def _changed(report: GateReport) -> list[str]:
    lines = [_change(each) for each in report.changes.subjects]
    lines += [
        f"- **{f.operation}** {code(f.path)} ({f.change_class})" for f in report.changes.files
    ]
    return _folded(f"{len(lines)} change{'s' if len(lines) > 1 else ''}", lines, "`cpctl diff`")


def _change(change: SubjectChange) -> str:
    said = fields(change)
    shown = ", ".join(markdown(text, 160) for text in said[:3])
    more = f", and {len(said) - 3} more" if len(said) > 3 else ""
    classes = ", ".join(sorted(change.classes))
    what = f": {shown}{more}" if shown else ""
    return f"- **{change.operation}** {change.kind} {code(change.identity, 80)} ({classes}){what}"


def _waivers(report: GateReport) -> list[str]:
    lines = [f"- {markdown(waivers.sentence(each), 500)}" for each in report.waivers]
    return _folded(f"{len(lines)} waiver{'s' if len(lines) > 1 else ''}", lines, "`cpctl gate`")


def _rendered(report: GateReport, *, fields: bool) -> list[str]:
    lines = [_delta(each, fields=fields) for each in report.deltas]
    title = f"Rendered objects of {len(lines)} placement{'s' if len(lines) > 1 else ''}"
    return _folded(title, lines, "`cpctl render`")


def _delta(delta: ObjectDelta, *, fields: bool) -> str:
    """Return a placement with what it gains and loses, and below it what changes, and in what."""
    counts = f"+{len(delta.gained)} -{len(delta.lost)} ~{len(delta.changed)}"
    names = [f"+{code(each, 100)}" for each in delta.gained]
    names += [f"-{code(each, 100)}" for each in delta.lost]
    shown = ", ".join(names[:OBJECTS])
    more = f", … {len(names) - OBJECTS} more" if len(names) > OBJECTS else ""
    lines = [f"- **{markdown(delta.placement, 100)}** {counts}{': ' if shown else ''}{shown}{more}"]
    lines += [f"  - ~{_object(each, fields=fields)}" for each in delta.changed[:OBJECTS]]
    if len(delta.changed) > OBJECTS:
        lines.append(f"  - … {len(delta.changed) - OBJECTS} more")
    return "\n".join(lines)


def _object(change: ObjectChange, *, fields: bool) -> str:
    if not fields:
        return code(change.id, 100)
    more = f" and {change.more} more" if change.more else ""
    return f"{code(change.id, 100)}: {', '.join(code(f, 100) for f in change.fields)}{more}"


def _folded(title: str, lines: Sequence[str], command: str) -> list[str]:
    if not lines:
        return []
    body = "\n".join(_listed(lines, f"{command} shows all"))
    return [f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"]


def _listed(lines: Sequence[str], more: str) -> list[str]:
    shown = list(lines[:SHOWN])
    return [*shown, f"- … and {len(lines) - SHOWN} more; {more}"] if len(lines) > SHOWN else shown


def _footer(report: GateReport) -> str:
    engines = {j.engine_version for _, j in report.judgements}
    policies = {f"{name} {j.bundle.digest[7:19]}" for name, j in report.judgements}
    commit = report.step.head.commit
    return markdown(
        f"{commit.id[:12] if commit else report.step.head.revision} · "
        f"engine {', '.join(sorted(engines)) or 'none'} · policies "
        f"{', '.join(sorted(policies)) or 'none'} · verdict {report.verdict.digest()[7:19]}",
        600,
    )
