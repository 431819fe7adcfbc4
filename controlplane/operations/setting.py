"""`--set spec.plan=growth`: one field of a new document, given on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from controlplane.errors import UsageError
from controlplane.operations.snippet import snippet
from controlplane.repo import yaml
from controlplane.resources import KINDS
from controlplane.resources.shape import Field, shape_of, trail
from controlplane.values import FieldPath

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True)
class Setting:
    """A field and the text it is given."""

    path: FieldPath
    text: str

    @classmethod
    def parse(cls, argument: str) -> Setting:
        """Read `spec.packs[0].version=~=1.2`; raises UsageError for another form."""
        name, equals, text = argument.partition("=")
        steps = [step[2] if step[2] is not None else step[1] for step in _STEP.finditer(name)]
        path = tuple(int(step) if step.isdigit() else step for step in steps)
        if not equals or not path:
            raise UsageError(
                f"--set {argument!r} is not FIELD=VALUE",
                remedy="write, for example, --set spec.plan=growth",
            )
        return cls(path, text)


def change(text: str, settings: Sequence[Setting]) -> str:
    """Return the YAML document `text` with every setting made; its comments are lost then."""
    if not settings:
        return text
    first = text.splitlines()[0]
    document = yaml.load(text.encode(), "scaffold").documents[0].value
    for setting in settings:
        _put(document, setting.path, _value(document["kind"], setting))
    return f"{first}\n{snippet(document)}\n"


def _value(kind: str, setting: Setting) -> Any:
    """Return what the text means at that field: text for text, anything else as YAML."""
    steps = trail(KINDS[kind], setting.path)
    last = steps[-1] if steps and len(steps) == len(setting.path) else None
    shape = last.shape if isinstance(last, Field) else last
    if shape is not None and shape.kind == "scalar" and shape.type not in (int, bool):
        counts = any(shape_of(arm).type is int for arm in get_args(shape.type))
        return int(setting.text) if counts and setting.text.isdigit() else setting.text
    loaded = yaml.load(f"value: {setting.text}\n".encode(), "--set")
    if loaded.problems:
        return setting.text
    return loaded.documents[0].value["value"]


def _put(document: Any, path: FieldPath, value: Any) -> None:
    for step, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        document = _step(document, step, path, empty)
    if isinstance(document, list) and path[-1] == len(document):
        document.append(value)
    else:
        _holder(document, path[-1], path)
        document[path[-1]] = value


def _step(document: Any, step: str | int, path: FieldPath, empty: Any) -> Any:
    _holder(document, step, path)
    if isinstance(document, dict):
        return document.setdefault(step, empty)
    if step == len(document):
        document.append(empty)
    return document[step]


def _holder(document: Any, step: str | int, path: FieldPath) -> None:
    fits = isinstance(document, dict) and isinstance(step, str)
    fits = fits or (isinstance(document, list) and isinstance(step, int) and step <= len(document))
    if not fits:
        raise UsageError(
            f"--set: there is no place for {'.'.join(map(str, path))}",
            remedy="see `cpctl explain` for the fields there are",
        )
