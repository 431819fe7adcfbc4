"""Which other resources a resource names, and where. Whether they exist is `repo`'s to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from controlplane.resources.base import Model
from controlplane.resources.markers import RefersTo
from controlplane.resources.shape import Shape, fields
from controlplane.resources.versions import VersionRange
from controlplane.values import FieldPath


@dataclass(frozen=True)
class Reference:
    """`path` names a resource called `name`, of any one of `kinds`.

    For packs `version_range` says which versions will do; None means any.
    """

    path: FieldPath
    kinds: tuple[str, ...]
    name: str
    version_range: VersionRange | None = None


Walker = Callable[[Any, FieldPath], Iterator[Reference]]


def references(resource: Model) -> Iterator[Reference]:
    """Yield every reference of `resource`, in the order in which fields are declared."""
    yield from _model(resource, ())


def _model(value: Model, path: FieldPath) -> Iterator[Reference]:
    for relative, kinds, name, version_range in value.own_references():
        yield Reference((*path, *relative), kinds, name, version_range)
    for attribute, step, walker in _plan(type(value)):
        held = getattr(value, attribute)
        if held is None or held == ():
            continue
        if isinstance(walker, RefersTo):
            version = getattr(value, walker.version) if walker.version else None
            yield Reference((*path, step), walker.kinds, held, version)
        else:
            yield from walker(held, (*path, step))


@cache
def _plan(model: type[Model]) -> tuple[tuple[str, str, Any], ...]:
    """Return the fields of `model` below which a reference can stand, with how to go through."""
    steps = ((field, _walker(field.shape)) for field in fields(model).values())
    return tuple((field.attribute, field.name, walker) for field, walker in steps if walker)


def _walker(shape: Shape) -> Any:
    """Return a RefersTo, a Walker, or None where nothing below `shape` can refer."""
    marker = shape.marker(RefersTo)
    if marker is not None and shape.kind == "scalar":
        return marker
    if shape.kind == "model":
        return _model if _can_refer(shape.type) else None
    if shape.kind == "list" and shape.item is not None:
        inner = _walker(shape.item)
        return inner and _each(inner)
    if shape.kind == "map" and shape.item is not None and shape.key is not None:
        key, inner = _walker(shape.key), _walker(shape.item)
        return (key or inner) and _entries(key, inner)
    return None


@cache
def _can_refer(model: type[Model]) -> bool:
    if model.own_references is not Model.own_references:
        return True
    return any(_walker(field.shape) for field in fields(model).values())


def _one(walker: Any, value: Any, path: FieldPath) -> Iterator[Reference]:
    if isinstance(walker, RefersTo):
        yield Reference(path, walker.kinds, value)
    elif walker is not None:
        yield from walker(value, path)


def _each(inner: Any) -> Walker:
    def walk(items: Any, path: FieldPath) -> Iterator[Reference]:
        for index, item in enumerate(items):
            yield from _one(inner, item, (*path, index))

    return walk


def _entries(key: Any, inner: Any) -> Walker:
    def walk(items: Any, path: FieldPath) -> Iterator[Reference]:
        for name, item in items.items():
            yield from _one(key, name, (*path, name))
            yield from _one(inner, item, (*path, name))

    return walk
