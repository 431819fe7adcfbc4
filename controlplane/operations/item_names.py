"""Names the items of lists that a field path leads through, so that a path outlives insertions.

Decides what tells items of a list apart. Who makes a fingerprint of it is `report`'s part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controlplane.values import FieldPath
from evidence.canonical import Json

# What tells items of a list apart, in this order; the last are how Kubernetes names objects.
_NAMES: Final = ("name", "id", "environment", "kind", "meter", "rule")


def steps(path: FieldPath, resource: Json) -> FieldPath:
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
    return tuple(found)


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
