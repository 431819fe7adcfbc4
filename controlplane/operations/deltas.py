"""What the rendered objects of placements gain, lose and change from one revision to the next.

Of an object that changed the fields are named and never their values, which may be secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from controlplane.render.model import RenderedPlacement
from evidence.canonical import Json
from reconciler.model import Resource

NAMED: Final = 5  # fields of a changed object that are named; the others are counted
_ABSENT: Final = object()


@dataclass(frozen=True)
class ObjectChange:
    """An object that changed: its resource id, and the paths of fields that came, went or differ.

    An item of a list is named by its `name` where each item of the list has one of its own.
    """

    id: str
    fields: tuple[str, ...]
    more: int = 0  # fields beyond NAMED


@dataclass(frozen=True)
class ObjectDelta:
    """What the rendered objects of one placement gain and lose, by resource id, and change."""

    placement: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[ObjectChange, ...]


def deltas(
    before: Sequence[RenderedPlacement], after: Sequence[RenderedPlacement]
) -> tuple[ObjectDelta, ...]:
    """Return what differs, by name of the placement; those without a difference are left out."""
    old = {placement.name: _by_id(placement) for placement in before}
    new = {placement.name: _by_id(placement) for placement in after}
    found = (_delta(name, old.get(name, {}), new.get(name, {})) for name in sorted({*old, *new}))
    return tuple(each for each in found if each.gained or each.lost or each.changed)


def _by_id(placement: RenderedPlacement) -> dict[str, Resource]:
    return {resource.id: resource for resource in placement.resources}


def _delta(name: str, old: Mapping[str, Resource], new: Mapping[str, Resource]) -> ObjectDelta:
    both = sorted(old.keys() & new.keys())
    return ObjectDelta(
        placement=name,
        gained=tuple(sorted(new.keys() - old.keys())),
        lost=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(_change(old[i], new[i]) for i in both if old[i].digest != new[i].digest),
    )


def _change(old: Resource, new: Resource) -> ObjectChange:
    paths = _differing("", old.body, new.body)
    return ObjectChange(new.id, tuple(islice(paths, NAMED)), sum(1 for _ in paths))


def _differing(path: str, old: Json, new: Json) -> Iterator[str]:
    """Yield the outermost fields below `path` in which two values are not the same."""
    before, after = _parts(old), _parts(new)
    if not before or not after or type(old) is not type(new):
        if type(old) is not type(new) or old != new:  # True is 1 for Python
            yield path
        return
    if isinstance(old, list) and not before.keys() & after.keys():
        yield path  # nothing of the list is left: it is another one
        return
    for step in sorted({**before, **after}):
        one, other = before.get(step, _ABSENT), after.get(step, _ABSENT)
        yield from _differing(f"{path}{step}".removeprefix("."), one, other)


def _parts(value: Json) -> dict[str, Json]:
    """Return what a value is made of, by the step that leads there.

    Nothing for a plain value, nor for a list of them: one that is put in front changes no other.
    """
    if isinstance(value, Mapping):
        return {f".{key}": item for key, item in value.items()}
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return {}
    names = [item.get("name") for item in value]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return {f"[{name}]": item for name, item in zip(names, value, strict=True)}
    return {f"[{number}]": item for number, item in enumerate(value)}
