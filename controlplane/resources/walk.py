"""Going through the values of a resource: every field with the way that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from controlplane.resources.base import Model
from controlplane.values import FieldPath

T = TypeVar("T")


def values_of(
    value: object, wanted: type[T], path: FieldPath = ()
) -> Iterator[tuple[FieldPath, T]]:
    """Yield (path, value) for every value of type `wanted` in and below `value`."""
    if isinstance(value, wanted):
        yield path, value
    if isinstance(value, Model):
        for attribute, info in type(value).model_fields.items():
            step = info.alias or attribute
            yield from values_of(getattr(value, attribute), wanted, (*path, step))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from values_of(item, wanted, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from values_of(item, wanted, (*path, key))
