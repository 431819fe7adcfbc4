"""Names for results that stay the same while the files around them are edited.

A name is made of what the result says (rule, subject, code, field, parameters) and never of a line.
Steps of a field path that are numbers are named after the item they lead to, so that an item put
before it changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from controlplane.values import FieldPath
from evidence.canonical import Json, digest

VERSION: Final = "cpctl/v1"
LENGTH: Final = 32  # hexadecimal digits, 128 bits

# What tells items of a list apart, in this order; the last are how Kubernetes names objects.
_NAMES: Final = ("name", "id", "environment", "kind", "meter", "rule")
_PLACE: Final = re.compile(r":\d+(?::\d+)?\b")


def of(*parts: Json) -> str:
    """Return the name of something that is made of `parts`."""
    return digest([VERSION, *parts]).removeprefix("sha256:")[:LENGTH]


def of_problem(path: str, code: str, message: str) -> str:
    """Return the name of a problem; places that its message mentions do not count."""
    return of(path, code, _PLACE.sub("", message))


def steps(path: FieldPath, resource: Json) -> list[str | int]:
    """Return `path` with each number replaced by what names that item of `resource`.

    A number stays where the item has no name or the path leads nowhere. Of items with one name,
    the second and later ones are counted.
    """
    found: list[str | int] = []
    here = resource
    for step in path:
        if isinstance(step, int) and isinstance(here, list) and 0 <= step < len(here):
            found.append(_named(here, step))
            here = here[step]
        else:
            found.append(step)
            here = here.get(step) if isinstance(here, dict) else None
    return found


def _named(items: Sequence[Json], index: int) -> str | int:
    name = _name(items[index])
    if not name:
        return index
    before = sum(1 for item in items[:index] if _name(item) == name)
    return f"[{name}]" if before == 0 else f"[{name} {before + 1}]"


def _name(item: Json) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        return ""
    metadata = item.get("metadata")
    held = {**item, **metadata} if isinstance(metadata, dict) else item
    given = {key: held[key] for key in ("namespace", *_NAMES) if isinstance(held.get(key), str)}
    return " ".join(f"{key}={value}" for key, value in sorted(given.items()))
