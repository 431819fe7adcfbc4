"""How a simulation is shown: totals first, then by rule, tenant and class, then each flip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import click

from controlplane.cli.output import as_json, table
from controlplane.operations.first_difference import Why
from controlplane.operations.past import Skipped
from controlplane.operations.simulating import Change, Flip, Flipped, Simulation, Turn
from controlplane.policy.model import Finding
from controlplane.report.escaping import markdown, plain
from controlplane.values import dotted
from evidence.canonical import Json

SHOWN = 20  # rows of a list for people; -o json holds all of them
_COUNTED = (*Turn, Change.GAINED, Change.LOST, Change.CHANGED, Change.SETTLED)
_HEADERS = ("ALLOW→DENY", "DENY→ALLOW", "INDETERMINATE", "GAINED", "LOST", "CHANGED", "SETTLED")


@dataclass(frozen=True)
class Shown:
    """What is shown: the simulation, why each flip came about, and what was judged again."""

    found: Simulation
    reasons: Mapping[Flip, Why]
    source: str

    def groups(self) -> dict[str, Mapping[str, Counter[str]]]:
        """Return the counts by rule, by tenant and by class of change."""
        return {
            "rule": self.found.by(lambda _, flip: [flip.rule]),
            "tenant": self.found.by(lambda _, flip: [flip.tenant or "(platform)"]),
            "class": self.found.by(lambda each, _: each.classes or ["(none)"]),
        }

    def why(self, flip: Flip) -> str:
        """Return the first difference in words."""
        found = self.reasons.get(flip)
        return str(found) if found else "not looked into: too many flips"


def as_table(shown: Shown) -> str:
    """Return the simulation for a terminal."""
    lines = [_sentence(shown), *_turn_lines(shown), *_skipped_lines(shown.found.skipped, "  ")]
    for name, counts in shown.groups().items():
        if counts:
            rows = [(plain(each), *_row(count)) for each, count in _largest(counts)]
            lines += ["", table((name.upper(), *_HEADERS), rows[:SHOWN])]
            lines += _more(len(rows))
    for each in shown.found.flipped[:SHOWN]:
        lines += ["", click.style(_headline(each), bold=True)]
        for flip in each.flips[:SHOWN]:
            lines += [f"  {_flip(flip)}", f"      why: {plain(shown.why(flip))}"]
            lines += [f"      input: {flip.input}"] if flip.input else []
        lines += [f"  {text}" for text in _more(len(each.flips))]
    lines += ["", *_more(len(shown.found.flipped))] if len(shown.found.flipped) > SHOWN else []
    return "\n".join(lines)


def as_markdown(shown: Shown) -> str:
    """Return the simulation as a comment."""
    mark = "✅" if not shown.found.flipped and not shown.found.skipped else "⚠️"
    parts = [f"## {mark} {_sentence(shown)}"]
    parts.append("\n".join(f"- {text.strip()}" for text in _turn_lines(shown)))
    parts += _skipped_md(shown)
    for name, counts in shown.groups().items():
        if counts:
            head = f"| {name} | " + " | ".join(_HEADERS) + " |"
            rule = "|---|" + "---:|" * len(_HEADERS)
            rows = [
                f"| {markdown(each)} | " + " | ".join(_row(count)) + " |"
                for each, count in _largest(counts)[:SHOWN]
            ]
            parts.append("\n".join([head, rule, *rows, *_more(len(counts))]))
    for each in shown.found.flipped[:SHOWN]:
        lines = [f"**{markdown(_headline(each))}**", ""]
        lines += [
            f"- {markdown(_flip(flip))} — *{markdown(shown.why(flip))}*{_input(flip)}"
            for flip in each.flips[:SHOWN]
        ]
        parts.append("\n".join([*lines, *_more(len(each.flips))]))
    parts += _more(len(shown.found.flipped))
    return "\n\n".join(parts)


def _input(flip: Flip) -> str:
    """Return how its input is called, where there is one."""
    return f" `{flip.input[7:19]}`" if flip.input else ""


def as_json_text(shown: Shown) -> str:
    """Return all of it for programs."""
    found = shown.found
    return as_json(
        {
            "source": shown.source,
            "decisions": found.decisions,
            "inputs": found.inputs,
            "asked": found.asked,
            "totals": {
                "turns": {turn.value: found.turns[turn] for turn in Turn},
                "changes": {change.value: found.changes[change] for change in Change},
            },
            "by": {
                name: {each: dict(sorted(count.items())) for each, count in counts.items()}
                for name, counts in shown.groups().items()
            },
            "flipped": [_flipped_json(shown, each) for each in found.flipped],
            "notSimulated": [{"part": s.part, "reason": s.reason} for s in found.skipped],
        }
    )


def _sentence(shown: Shown) -> str:
    found = shown.found
    return (
        f"{found.decisions} {shown.source}, {found.inputs} inputs ({found.asked} questions asked): "
        f"{sum(found.turns.values())} would turn, {sum(found.changes.values())} single answers "
        "would differ"
    )


def _turn_lines(shown: Shown) -> list[str]:
    turns, changes = shown.found.turns, shown.found.changes
    lines = [f"  {turn.value}: {turns[turn]}" for turn in Turn]
    said = ", ".join(f"{changes[change]} {change.value}" for change in Change)
    return [*lines, f"  answers of single rules: {said}"]


def _skipped_lines(skipped: list[Skipped], indent: str) -> list[str]:
    if not skipped:
        return []
    head = click.style(f"not simulated: {len(skipped)}", fg="red", bold=True)
    lines = [f"{indent}  {plain(each.part)}: {plain(each.reason)}" for each in skipped[:SHOWN]]
    return [f"{indent}{head}", *lines, *(f"{indent}  {text}" for text in _more(len(skipped)))]


def _skipped_md(shown: Shown) -> list[str]:
    skipped = shown.found.skipped
    if not skipped:
        return []
    lines = [f"- {markdown(each.part)}: {markdown(each.reason)}" for each in skipped[:SHOWN]]
    return ["\n".join([f"⛔ **not simulated: {len(skipped)}**", "", *lines, *_more(len(skipped))])]


def _largest(counts: Mapping[str, Counter[str]]) -> list[tuple[str, Counter[str]]]:
    return sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))


def _row(count: Counter[str]) -> list[str]:
    return [str(count[name]) for name in _COUNTED]


def _more(count: int) -> list[str]:
    return [f"… and {count - SHOWN} more; -o json holds all of them"] if count > SHOWN else []


def _headline(each: Flipped) -> str:
    ends = f"{each.base[:12] or 'nothing'} → {each.head[:12] or 'files'}"
    time = f" of {each.time}" if each.time else ""
    turned = each.turn.value if each.turn else f"stays {each.before}"
    return f"{turned}: {ends}{time} ({', '.join(each.classes) or 'no class'}; {each.part})"


def _flip(flip: Flip) -> str:
    found = flip.after or flip.before
    what = f" {_finding(found)}" if found else ""
    return plain(f"{flip.change} {flip.rule} on {flip.subject}{what}")


def _finding(found: Finding) -> str:
    params = ", ".join(f"{name}={value}" for name, value in found.params)
    at = f" at {dotted(found.path)}" if found.path else ""
    return f"[{found.severity}] {found.code}{at}" + (f" ({params})" if params else "")


def _flipped_json(shown: Shown, each: Flipped) -> Json:
    return {
        "decision": each.name,
        "part": each.part,
        "from": each.base,
        "to": each.head,
        "time": each.time,
        "classes": list(each.classes),
        "before": each.before.value,
        "after": each.after.value,
        "turn": each.turn.value if each.turn else "",
        "flips": [_flip_json(shown, flip) for flip in each.flips],
    }


def _flip_json(shown: Shown, flip: Flip) -> Json:
    why = shown.reasons.get(flip)
    return {
        "change": flip.change.value,
        "rule": flip.rule,
        "subject": flip.subject,
        "tenant": flip.tenant,
        "before": _finding_json(flip.before),
        "after": _finding_json(flip.after),
        "input": flip.input,
        "detail": flip.detail,
        "why": shown.why(flip),
        "condition": str(why.position) if why and why.position else "",
    }


def _finding_json(found: Finding | None) -> Json:
    if found is None:
        return None
    return {
        "code": found.code,
        "path": list(found.path),
        "params": dict(found.params),
        "severity": found.severity.value,
    }
