"""What the vocabulary says of itself: every field with its type, default, choices and meaning.

`cpctl explain` and the reference pages are two renderings of these facts. Nothing is decided
here: all of it is read from the models.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from controlplane.errors import UsageError
from controlplane.resources import KINDS
from controlplane.resources.base import Model
from controlplane.resources.markers import ChangeClass, RefersTo, Unlimited
from controlplane.resources.names import GRAMMARS, Grammar, TimeZone
from controlplane.resources.scalars import Scalar
from controlplane.resources.schema import slug, written
from controlplane.resources.shape import Field, Shape, fields

ABSENT = object()


@dataclass(frozen=True)
class FieldFacts:
    """One field as a person needs to know it. `default` is ABSENT where there is none."""

    path: str
    name: str
    type: str
    required: bool
    description: str
    change_class: str
    default: Any = ABSENT
    choices: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    advice: str = ""
    fields: tuple[FieldFacts, ...] = ()

    def below(self) -> Iterator[FieldFacts]:
        """Yield every field below this one, outer before inner."""
        for field in self.fields:
            yield field
            yield from field.below()


def facts(kind: str) -> FieldFacts:
    """Return a kind as one field whose fields are those of its document; KeyError if unknown."""
    model = KINDS[kind]
    return FieldFacts(
        path="",
        name=kind,
        type=kind,
        required=True,
        description=_first_paragraph(model),
        change_class=model.default_class,
        fields=_fields(model, "", model.default_class),
    )


def find(question: str) -> tuple[str, FieldFacts]:
    """Return (kind, facts) for a question such as `tenant.spec.placements[0].target`.

    Kinds are found by any usual spelling; lists and maps are stepped through, with or without
    an index or key. Raises UsageError with the nearest name for what does not exist.
    """
    head, *steps = re.sub(r"\[[^\]]*\]", "", question).strip(".").split(".")
    kind = _kind(head)
    found = facts(kind)
    for step in steps:
        found = _step(found, step, question)
    return kind, found


def _kind(spelling: str) -> str:
    wanted = re.sub(r"[^a-z]", "", spelling.lower())
    spellings = {kind.lower(): kind for kind in KINDS}
    found = spellings.get(wanted) or spellings.get(wanted.removesuffix("s"))
    if found:
        return found
    near = difflib.get_close_matches(wanted, spellings, n=1, cutoff=0.5)
    hint = f"did you mean `{slug(spellings[near[0]])}`?" if near else f"one of {', '.join(KINDS)}"
    raise UsageError(f"there is no kind {spelling!r}", remedy=hint)


def _step(parent: FieldFacts, step: str, question: str) -> FieldFacts:
    for field in parent.fields:
        if field.name == step:
            return field
    if parent.type.startswith("map"):
        return parent  # a key: what is explained is the value that stands under any key
    known = [field.name for field in parent.fields]
    near = difflib.get_close_matches(step, known, n=1, cutoff=0.5)
    owner = parent.path or parent.name
    if near:
        remedy = f"did you mean `{near[0]}`?"
    elif known:
        remedy = f"`{owner}` has {', '.join(known)}"
    else:
        remedy = f"`{owner}` has no fields: it is {parent.type}"
    raise UsageError(f"`{question}`: `{owner}` has no field {step!r}", remedy=remedy)


def at(document: Any, path: str) -> Any:
    """Return the first value a document holds at a path of facts, ABSENT where it holds none."""
    if not path:
        return document
    head, _, rest = path.partition(".")
    for holder in _holders(document, head):
        found = at(holder[head], rest)
        if found is not ABSENT:
            return found
    return ABSENT


def _holders(document: Any, name: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        if name in document:
            yield document
        else:
            for item in document.values():
                yield from _holders(item, name)
    elif isinstance(document, list):
        for item in document:
            yield from _holders(item, name)


def _fields(model: type[Model], path: str, inherited: str) -> tuple[FieldFacts, ...]:
    return tuple(_facts(field, path, inherited) for field in fields(model).values())


def _facts(field: Field, path: str, inherited: str) -> FieldFacts:
    marker = field.shape.marker(ChangeClass)
    own = f"{path}.{field.name}".lstrip(".")
    meaning: str = marker.name if marker else inherited
    shape, inner = field.shape, _innermost(field.shape)
    about = FieldFacts(
        path=own,
        name=field.name,
        type=_type(shape),
        required=field.info.is_required(),
        description=field.description,
        change_class=meaning,
        default=_default(field.info),
        choices=_choices(inner),
        advice=_advice(inner),
    )
    refers = inner.marker(RefersTo) or (shape.key and shape.key.marker(RefersTo))
    if refers:
        about = replace(about, refers_to=refers.kinds)
    return replace(about, fields=_fields(inner.type, own, meaning)) if inner.model else about


def _innermost(shape: Shape) -> Shape:
    while shape.item is not None:
        shape = shape.item
    return shape


def _default(info: FieldInfo) -> Any:
    default = info.get_default(call_default_factory=True)
    return ABSENT if default is PydanticUndefined or default is None else written(default)


def _type(shape: Shape) -> str:
    if shape.kind == "list" and shape.item:
        return f"list of {_type(shape.item)}"
    if shape.kind == "map" and shape.item and shape.key:
        return f"map of {_type(shape.key)} to {_type(shape.item)}"
    if shape.model:
        return str(shape.model.__name__)
    return _scalar(shape)


def _scalar(shape: Shape) -> str:
    bare, arms = shape.type, get_args(shape.type)
    if Unlimited in arms:
        return f"{_scalar(replace(shape, type=arms[0], markers=()))} or unlimited"
    if isinstance(bare, type) and issubclass(bare, Scalar):
        return str(bare.noun).partition(" ")[2]
    if get_args(TimeZone)[1] in shape.markers:
        return "time zone"
    grammar = _grammar(shape)
    if grammar:
        return grammar.noun
    words: dict[Any, str] = {bool: "true or false", str: "text", Literal: "choice"}
    words[dict] = "map of free-form values"
    return words.get(get_origin(bare) or bare, "whole number")


def _grammar(shape: Shape) -> Grammar | None:
    patterns = (str(getattr(mark, "pattern", "")) for mark in shape.markers)
    return next((GRAMMARS[pattern] for pattern in patterns if pattern in GRAMMARS), None)


def _choices(shape: Shape) -> tuple[str, ...]:
    return get_args(shape.type) if get_origin(shape.type) is Literal else ()


def _advice(shape: Shape) -> str:
    arms = get_args(shape.type)
    bare = arms[0] if Unlimited in arms else shape.type
    if isinstance(bare, type) and issubclass(bare, Scalar):
        return f"{(bare.__doc__ or '').partition(chr(10))[0]} Example: {bare.example}"
    grammar = _grammar(shape)
    return grammar.advice if grammar else ""


def _first_paragraph(model: type[Model]) -> str:
    return " ".join((model.__doc__ or "").strip().partition("\n\n")[0].split())
