"""What differs between two forms of one resource, field by field, in the product's terms.

Compares values, not text: `250 USD` is `250.00 USD`, and writing a default down changes nothing.
Items of a list are matched by what names them, so that an insertion is one change and not many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from controlplane.resources.base import Model, Resource
from controlplane.resources.classes import change_class
from controlplane.resources.markers import POLICY
from controlplane.resources.scalars import Scalar
from controlplane.values import FieldPath
from evidence.canonical import Json


class Absent(Enum):
    """The value of a field that is not there, which is neither null nor empty."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

# What names an item of a list, tried in this order; the first that names every item counts.
_NAMES = (
    ("name",),
    ("environment", "target"),
    ("environment",),
    ("id",),
    ("group",),
    ("purpose",),
    ("meter",),
    ("at",),
)


@dataclass(frozen=True)
class FieldChange:
    """One field. `path` counts in the new resource, for what was removed in the old one.

    `old` and `new` are in the form that rules judge, or ABSENT. Where parts of a value that came
    or went are of another class than the whole, they have entries of their own.
    """

    path: FieldPath
    change_class: str
    old: Json | Absent
    new: Json | Absent

    def to_json(self) -> dict[str, Json]:
        """Return the change as rules see it; `old` or `new` is left out where it is absent."""
        value: dict[str, Json] = {"path": list(self.path), "class": self.change_class}
        if self.old is not ABSENT:
            value["old"] = self.old
        if self.new is not ABSENT:
            value["new"] = self.new
        return value


@dataclass(frozen=True)
class _Pair:
    path: FieldPath
    old: Any
    new: Any


def compare(old: Resource | None, new: Resource | None) -> tuple[FieldChange, ...]:
    """Return the differences of two resources of one kind; None for one that is not there."""
    some = new or old
    if some is None:
        return ()
    kind = some.kind
    found: list[FieldChange] = []
    for pair in _differences(_Pair((), _or_absent(old), _or_absent(new))):
        found.extend(_changes(kind, pair))
    return tuple(found)


def _or_absent(value: Any) -> Any:
    return ABSENT if value is None else value


def _differences(pair: _Pair) -> Iterator[_Pair]:
    """Yield the smallest parts that differ; what came or went as a whole is one part."""
    old, new = pair.old, pair.new
    if isinstance(old, Model) and isinstance(new, Model) and type(old) is type(new):
        for attribute, info in type(old).model_fields.items():
            path = (*pair.path, info.alias or attribute)
            before, after = getattr(old, attribute), getattr(new, attribute)
            if before != after:
                yield from _differences(_Pair(path, _or_absent(before), _or_absent(after)))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            before, after = old.get(key, ABSENT), new.get(key, ABSENT)
            if before != after:
                yield from _differences(_Pair((*pair.path, key), before, after))
    elif isinstance(old, tuple) and isinstance(new, tuple) and _models(old) and _models(new):
        yield from _items(pair)
    elif isinstance(new, Resource) or isinstance(old, Resource):
        yield from _whole(pair)
    else:
        yield pair


def _models(items: Sequence[Any]) -> bool:
    return all(isinstance(item, Model) for item in items)


def _items(pair: _Pair) -> Iterator[_Pair]:
    old, new = _named(pair.old, pair.new)
    for key, (position, item) in new.items():
        before = old[key][1] if key in old else ABSENT
        if before != item:
            yield from _differences(_Pair((*pair.path, position), before, item))
    for key, (position, item) in old.items():
        if key not in new:
            yield _Pair((*pair.path, position), item, ABSENT)


def _named(
    old: Sequence[Model], new: Sequence[Model]
) -> tuple[dict[Any, tuple[int, Model]], dict[Any, tuple[int, Model]]]:
    for names in _NAMES:
        keyed = tuple(
            {_key(item, names): (i, item) for i, item in enumerate(s)} for s in (old, new)
        )
        unique = len(keyed[0]) == len(old) and len(keyed[1]) == len(new)
        if unique and all(None not in each for each in keyed):
            return keyed[0], keyed[1]
    return dict(enumerate(enumerate(old))), dict(enumerate(enumerate(new)))


def _key(item: Model, names: tuple[str, ...]) -> tuple[Any, ...] | None:
    values = tuple(getattr(item, name, None) for name in names)
    return None if None in values else tuple(str(value) for value in values)


def _whole(pair: _Pair) -> Iterator[_Pair]:
    """A resource that came or went: one part for each field of its spec that was written."""
    resource = pair.new if isinstance(pair.new, Resource) else pair.old
    spec = getattr(resource, "spec", None)
    if not isinstance(spec, Model):
        return
    for attribute in sorted(spec.model_fields_set):
        path = ("spec", type(spec).model_fields[attribute].alias or attribute)
        value = getattr(spec, attribute)
        if value is not None:
            gone = pair.new is ABSENT
            yield _Pair(path, value if gone else ABSENT, ABSENT if gone else value)


def _changes(kind: str, pair: _Pair) -> Iterator[FieldChange]:
    """Yield the change, then one for each part of what came or went that is of another class."""
    own = change_class(kind, pair.path)
    yield FieldChange(pair.path, own, _projected(pair.old), _projected(pair.new))
    came, went = pair.old is ABSENT, pair.new is ABSENT
    if not came and not went:
        return
    for path, value in _parts(pair.path, pair.new if came else pair.old):
        part = change_class(kind, path)
        if part != own:
            form = _projected(value)
            yield FieldChange(path, part, ABSENT if came else form, form if came else ABSENT)


def _parts(path: FieldPath, value: Any) -> Iterator[tuple[FieldPath, Any]]:
    """Yield every field below a value that was written down, with its path."""
    inner: Iterator[tuple[str | int, Any]]
    if isinstance(value, Model):
        known = type(value).model_fields
        set_fields = sorted(value.model_fields_set)
        inner = ((known[name].alias or name, getattr(value, name)) for name in set_fields)
    elif isinstance(value, dict):
        inner = ((key, value[key]) for key in sorted(value))
    elif isinstance(value, tuple):
        inner = iter(enumerate(value))
    else:
        return
    for step, item in inner:
        if item is not None:
            yield (*path, step), item
            yield from _parts((*path, step), item)


def _projected(value: Any) -> Any:
    """Return a value in the form that rules judge: JSON without floats."""
    if isinstance(value, Model):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True, context=POLICY)
    if isinstance(value, Scalar):
        return value.form(policy=True)
    if isinstance(value, tuple | list):
        return [_projected(item) for item in value]
    if isinstance(value, dict):
        return {key: _projected(item) for key, item in value.items()}
    if isinstance(value, Enum) and value is not ABSENT:
        return value.value
    return value
