"""How changes are shown to people: as lines for a terminal, as Markdown, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from controlplane.repo.changes import Changes, SubjectChange
from controlplane.repo.compare import ABSENT, Absent, FieldChange
from controlplane.values import dotted
from evidence.canonical import Json

LONGEST = 60  # characters of one value
MOST_NAMES = 8
MOST_FIELDS = 20
_SIGNS = {"create": "+", "update": "~", "delete": "-"}


def as_lines(changes: Changes) -> str:
    """Return the changes for a terminal."""
    if not changes.subjects and not changes.files:
        return "nothing changed that means anything"
    lines: list[str] = []
    for subject in changes.subjects:
        lines.append(f"{_SIGNS[subject.operation]} {_title(subject)} [{_classes(subject.classes)}]")
        lines += [f"    {_field(field)}" for field in _some(subject)]
        lines += _more(subject)
    for file in changes.files:
        lines.append(f"{_SIGNS[file.operation]} {file.path} [{file.change_class}]")
    return "\n".join([*lines, "", *_reach(changes)])


def as_markdown(changes: Changes) -> str:
    """Return the changes for a pull request: a table, then whom they reach."""
    if not changes.subjects and not changes.files:
        return "Nothing changed that means anything."
    rows = ["| | what | field | from | to | class |", "|---|---|---|---|---|---|"]
    for subject in changes.subjects:
        sign, title = _SIGNS[subject.operation], f"**{_cell(_title(subject))}**"
        if not _some(subject):
            rows.append(f"| {sign} | {title} | | | | {_classes(subject.classes)} |")
        for field in _some(subject):
            path = _cell(dotted(field.path))
            values = f"{_cell(shown(field.old))} | {_cell(shown(field.new))}"
            rows.append(f"| {sign} | {title} | {path} | {values} | {field.change_class} |")
        rows += [f"| | | {_cell(line.strip())} | | | |" for line in _more(subject)]
    for file in changes.files:
        sign = _SIGNS[file.operation]
        rows.append(f"| {sign} | {_cell(file.path)} | | | | {file.change_class} |")
    return "\n".join([*rows, "", *(f"- {line}" for line in _reach(changes))])


def as_json(changes: Changes) -> Json:
    """Return the changes as a JSON value."""
    reach = changes.reach
    return {
        "classes": sorted(changes.classes),
        "subjects": [
            {
                "kind": each.kind,
                "name": each.identity,
                "operation": each.operation,
                "classes": sorted(each.classes),
                "path": each.path,
                "fields": [field.to_json() for field in each.fields],
                **({"counterpart": each.counterpart} if each.counterpart else {}),
            }
            for each in changes.subjects
        ],
        "files": [
            {
                "path": file.path,
                "operation": file.operation,
                "class": file.change_class,
                **({"pack": file.pack} if file.pack else {}),
            }
            for file in changes.files
        ],
        "blastRadius": {
            "tenants": sorted(reach.tenants),
            "environments": sorted(reach.environments),
            "targets": sorted(reach.targets),
        },
    }


def shown(value: Json | Absent) -> str:
    """Return one value in a few words."""
    if value is ABSENT:
        return "(absent)"
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        text = value["text"]
    else:
        text = value if isinstance(value, str) else json.dumps(_short(value), ensure_ascii=False)
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _short(value: Json) -> Json:
    """Replace the projected form of scalars by their text, so that lists stay readable."""
    if isinstance(value, dict):
        text = value.get("text")
        return text if isinstance(text, str) else {k: _short(v) for k, v in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value


def _title(subject: SubjectChange) -> str:
    title = f"{subject.kind} {subject.identity}"
    if subject.counterpart:
        direction = "renamed from" if subject.operation == "create" else "renamed to"
        title += f" ({direction} {subject.counterpart})"
    return title


def _some(subject: SubjectChange) -> tuple[FieldChange, ...]:
    """Return the fields worth showing: of what came or went as a whole, none."""
    return subject.fields[:MOST_FIELDS] if subject.operation == "update" else ()


def _more(subject: SubjectChange) -> list[str]:
    left = len(subject.fields) - MOST_FIELDS
    return [f"    … and {left} more"] if subject.operation == "update" and left > 0 else []


def _field(field: FieldChange) -> str:
    change = f"{dotted(field.path)}: {shown(field.old)} → {shown(field.new)}"
    return f"{change} [{field.change_class}]"


def _classes(classes: Iterable[str]) -> str:
    return ", ".join(sorted(classes))


def _reach(changes: Changes) -> list[str]:
    reach = changes.reach
    if not reach.tenants and not reach.environments and not reach.targets:
        return ["reaches no tenant"]
    return [
        f"reaches {_named('tenant', reach.tenants)}",
        f"in {_named('environment', reach.environments)}",
        f"on {_named('target', reach.targets)}",
    ]


def _named(noun: str, names: frozenset[str]) -> str:
    listed = sorted(names)
    text = ", ".join(listed[:MOST_NAMES]) + (", …" if len(listed) > MOST_NAMES else "")
    number = f"{len(listed)} {noun}" + ("" if len(listed) == 1 else "s")
    return f"{number}: {text}" if listed else number


def _cell(text: str) -> str:
    """Escape what would end a cell of a table, begin markup or name somebody."""
    return "".join(f"&#{ord(c)};" if c in "\\|`*_<>[]&@" else c for c in text)
