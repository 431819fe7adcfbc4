"""What the models look like: fields by the name they have in YAML, items, keys, markers.

`references`, `classes`, `problems` and the reference pages all read the models through this.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from controlplane.resources.base import Model
from controlplane.values import FieldPath


@dataclass(frozen=True)
class Shape:
    """One place a value can stand.

    `kind` is "model", "list", "map" or "scalar"; `type` is the bare Python type; `item` is what a
    list or a map holds; `markers` is everything `Annotated` said of it.
    """

    kind: str
    type: Any
    markers: tuple[Any, ...] = ()
    optional: bool = False
    item: Shape | None = None
    key: Shape | None = None

    @property
    def model(self) -> type[Model] | None:
        """The model, for kind "model"."""
        return self.type if self.kind == "model" else None

    def marker(self, wanted: type) -> Any:
        """Return the marker of type `wanted`, None where there is none."""
        return next((mark for mark in self.markers if isinstance(mark, wanted)), None)


@dataclass(frozen=True)
class Field:
    """A field of a model: `name` in YAML, `attribute` in Python, what pydantic knows, its shape."""

    name: str
    attribute: str
    info: FieldInfo
    shape: Shape
    owner: type[Model]

    @property
    def description(self) -> str:
        """The sentence under the field, "" where there is none."""
        for base in self.owner.__mro__:
            if issubclass(base, Model):
                text = _sentences(base.__module__).get((base.__name__, self.attribute))
                if text:
                    return text
        return ""


@cache
def fields(model: type[Model]) -> Mapping[str, Field]:
    """Return the fields of `model` by their name in YAML, in the order of declaration."""
    found = {}
    for attribute, info in model.model_fields.items():
        name = info.alias or attribute
        shape = shape_of(info.annotation, tuple(info.metadata))
        found[name] = Field(name, attribute, info, shape, model)
    return found


def shape_of(annotation: Any, markers: tuple[Any, ...] = ()) -> Shape:
    """Return the shape of a type annotation as it is used in the models."""
    optional = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            markers = (*markers, *more)
        elif origin in (Union, types.UnionType):
            inner = [arm for arm in get_args(annotation) if arm is not types.NoneType]
            optional = optional or len(inner) < len(get_args(annotation))
            if len(inner) > 1:
                return Shape("scalar", annotation, markers, optional)
            annotation = inner[0]
        else:
            break
    return _bare(annotation, origin, markers, optional)


def _bare(annotation: Any, origin: Any, markers: tuple[Any, ...], optional: bool) -> Shape:  # noqa: FBT001
    if origin is tuple:
        return Shape("list", annotation, markers, optional, item=shape_of(get_args(annotation)[0]))
    if origin is dict and get_args(annotation)[1] is not Any:
        key, value = get_args(annotation)
        return Shape("map", annotation, markers, optional, shape_of(value), shape_of(key))
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return Shape("model", annotation, markers, optional)
    return Shape("scalar", annotation, markers, optional)


@cache
def _sentences(module: str) -> Mapping[tuple[str, str], str]:
    """Return the sentence under every field of a module's classes, by class and field."""
    found = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ClassDef):
            for field, text in pairwise(node.body):
                if (
                    isinstance(field, ast.AnnAssign)
                    and isinstance(field.target, ast.Name)
                    and isinstance(text, ast.Expr)
                    and isinstance(text.value, ast.Constant)
                ):
                    sentence = inspect.cleandoc(str(text.value.value))
                    found[node.name, field.target.id] = " ".join(sentence.split())
    return found


def trail(model: type[Model], path: FieldPath) -> list[Field | Shape]:
    """Return what stands at every step of `path`, as far as the models know it.

    A step into a model gives a Field, a step into a list or map the Shape of its item. The trail
    ends early where a step is unknown or leads into free-form values.
    """
    found: list[Field | Shape] = []
    shape = Shape("model", model)
    for step in path:
        if shape.kind == "model":
            field = fields(shape.type).get(str(step))
            if field is None:
                break
            found.append(field)
            shape = field.shape
        elif shape.item is not None:
            found.append(shape.item)
            shape = shape.item
        else:
            break
    return found
