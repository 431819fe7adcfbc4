"""`cpctl explain`: what a field is for, what it may be, and what it is when it is left out."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import click

from controlplane.cli import options, output
from controlplane.operations.examples import example
from controlplane.operations.snippet import snippet
from controlplane.operations.vocabulary import ABSENT, FieldFacts, at, facts, find
from controlplane.resources import API_VERSION, KINDS

WIDTH = 92
SHORT = 40  # characters of a default in a list of fields


@click.command()
@click.argument("field", required=False)
@click.option("--recursive", "-r", is_flag=True, help="Show everything below, names and types.")
@options.form("table", "json")
def explain(field: str | None, recursive: bool, form: str) -> None:
    """Explain a kind or a field, such as tenant.spec.placements; without FIELD, list the kinds."""
    if field is None:
        rows: list[tuple[str, ...]] = [(kind, facts(kind).description) for kind in KINDS]
        output.data(output.table(("KIND", "SAYS"), rows))
        return
    kind, about = find(field)
    shown = at(example(kind), about.path)
    if form == "json":
        output.data(output.as_json(_plain(about, shown)))
    else:
        output.data("\n".join(_lines(kind, about, shown, recursive=recursive)))


def _lines(kind: str, about: FieldFacts, shown: Any, *, recursive: bool) -> list[str]:
    lines = [f"KIND:      {kind} ({API_VERSION})"]
    if about.path:
        lines.append(f"FIELD:     {about.path} <{about.type}>")
    lines += ["", textwrap.fill(about.description, WIDTH), ""]
    lines += [f"{label + ':':<11}{text}" for label, text in _details(about) if text]
    if shown is not ABSENT and about.path:
        lines += ["", "EXAMPLE:", snippet({about.name: shown}, 2)]
    if about.fields:
        lines += ["", "FIELDS:", *_tree(about, 2, recursive=recursive)]
    return lines


def _details(about: FieldFacts) -> list[tuple[str, str]]:
    default = (
        "" if about.default is ABSENT else snippet(about.default).replace("\n", "\n           ")
    )
    if about.path and not default:
        default = "none, it is required" if about.required else "absent"
    return [
        ("DEFAULT", default),
        ("CHOICES", ", ".join(about.choices)),
        ("REFERS TO", " or ".join(about.refers_to)),
        ("HOW", about.advice),
        ("CLASS", f"{about.change_class} (of a change to it)"),
    ]


def _tree(parent: FieldFacts, indent: int, *, recursive: bool) -> list[str]:
    lines = []
    for field in parent.fields:
        mark = " -required-" if field.required else _default(field)
        lines.append(f"{' ' * indent}{field.name} <{field.type}>{mark}")
        if recursive:
            lines += _tree(field, indent + 2, recursive=True)
        else:
            lines += textwrap.wrap(
                field.description,
                WIDTH,
                initial_indent=" " * (indent + 4),
                subsequent_indent=" " * (indent + 4),
            )
    return lines


def _default(field: FieldFacts) -> str:
    """Return the default in one short line; a long one is shown where the field is explained."""
    if field.default is ABSENT:
        return ""
    text = snippet(field.default) if isinstance(field.default, str) else json.dumps(field.default)
    return f" = {text if len(text) <= SHORT else '…'}"


def _plain(about: FieldFacts, shown: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "path": about.path,
        "type": about.type,
        "required": about.required,
        "description": about.description,
        "changeClass": about.change_class,
        "choices": list(about.choices),
        "refersTo": list(about.refers_to),
        "fields": [_plain(field, ABSENT) for field in about.fields],
    }
    if about.default is not ABSENT:
        values["default"] = about.default
    if shown is not ABSENT:
        values["example"] = shown
    return values
