"""The reference pages and the schema files: what `schemas/` and `docs/reference/` hold.

Both are functions of the models and of the examples; writing them to disk is the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from controlplane.operations.vocabulary import ABSENT, FieldFacts, facts
from controlplane.resources import API_VERSION, KINDS
from controlplane.resources.schema import dispatching_schema, schema, slug

INTRODUCTION = """# The vocabulary

Everything is declared as YAML documents of `{version}`, each of one of these
kinds. The pages are generated from the models (`make docs`); `cpctl explain KIND.FIELD` prints
the same in a terminal, and the JSON Schemas in `schemas/` check it in an editor: put

```yaml
# yaml-language-server: $schema=../../schemas/any.json
```

on the first line of a file, with the way from that file to `schemas/`.

| kind | says | page |
|---|---|---|
{rows}

## Values

| value | written | for rules |
|---|---|---|
| money | `250.00 USD` | `{{"text", "currency", "micros"}}` |
| percentage | `12.5%` | `{{"text", "basisPoints"}}` |
| share to be met | `99.95%` | `{{"text", "partsPerMillion"}}` |
| decimal number | `"0.85"` | `{{"text", "micros"}}` |
| quantity | `500m`, `"32"` | `{{"text", "milli"}}` |
| bytes | `8Gi` | `{{"text", "bytes"}}` |
| duration | `30d`, `1d12h` | `{{"text", "seconds"}}` |
| duration of a call | `800ms` | `{{"text", "milliseconds"}}` |
| moment | `"2026-12-31T23:00:00Z"` | `{{"text", "epochSeconds"}}` |
| time of day | `"16:30"` | `{{"text", "minutes"}}` |
| version range | `">=1.2,<2"` | the text |

They are text in YAML, exact in code, and integers below 2^53 for rules: nothing is ever a
floating-point number. **Absent, `0` and `unlimited` are three different values**; a field with
nothing after its colon is an error.

A version range is what Python's `packaging` reads: `==1.2.3`, `>=1.2,<2`, `~=1.2` (at least 1.2,
below 2), `!=1.3.0`. Pack versions are three whole numbers. Durations are those of Prometheus:
`y` (365 days), `w`, `d`, `h`, `m`, `s`, the largest first.
"""


def schema_files() -> dict[str, str]:
    """Return the text of every file of `schemas/`, by name."""
    files = {f"{slug(kind)}.json": _json(schema(kind)) for kind in KINDS}
    return files | {"any.json": _json(dispatching_schema())}


def pages(examples: Mapping[str, str]) -> dict[str, str]:
    """Return the text of every page of `docs/reference/`, by name.

    `examples` holds the YAML text of one full example per kind.
    """
    rows = "\n".join(
        f"| `{kind}` | {facts(kind).description} | [{slug(kind)}]({slug(kind)}.md) |"
        for kind in KINDS
    )
    index = INTRODUCTION.format(version=API_VERSION, rows=rows)
    return {f"{slug(kind)}.md": page(kind, examples[kind]) for kind in KINDS} | {"README.md": index}


def page(kind: str, example: str) -> str:
    """Return the reference page of one kind."""
    about = facts(kind)
    spec = next(field for field in about.fields if field.name == "spec")
    body = "\n".join(example.splitlines()[1:])
    parts = [
        f"<!-- Generated from the models by `make docs`. -->\n# {kind}\n\n{about.description}",
        f"Changes to it are of class *{about.change_class}* where no field says otherwise.",
        f"## A full example\n\n```yaml\n{body}\n```",
        f"## spec\n\n{_table(spec)}",
    ]
    parts += [_section(field) for field in spec.below() if field.fields]
    return "\n\n".join(parts) + "\n"


def _section(field: FieldFacts) -> str:
    return f"## {field.path}\n\n{field.description}\n\n{_table(field)}"


def _table(parent: FieldFacts) -> str:
    rows = "\n".join(_row(field) for field in parent.fields)
    return f"| field | type | default | what it says | class |\n|---|---|---|---|---|\n{rows}"


def _row(field: FieldFacts) -> str:
    default = "**required**" if field.required else _default(field)
    says = field.description
    if field.choices:
        says += f" One of {', '.join(f'`{choice}`' for choice in field.choices)}."
    if field.refers_to:
        says += f" Refers to {' or '.join(f'`{kind}`' for kind in field.refers_to)}."
    cells = (f"`{field.name}`", field.type, default, says, field.change_class)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldFacts) -> str:
    if field.default is ABSENT:
        return "absent"
    if field.default in ([], {}) or (field.fields and isinstance(field.default, dict)):
        return "as below" if field.default else "empty"
    return f"`{json.dumps(field.default, ensure_ascii=False)}`".replace('"', "")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
