"""What pydantic found wrong with a document, in plain words: all of it, each with a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from controlplane.resources.base import Flaw, Model
from controlplane.resources.kinds import KINDS
from controlplane.resources.names import GRAMMARS
from controlplane.resources.shape import Field, fields, trail
from controlplane.values import FieldPath, dotted

LONGEST = 64


@dataclass(frozen=True)
class FieldProblem:
    """Something wrong at one field of a document.

    `path` leads to the field. For a field that is missing its last step is the name of that
    field, and the steps before lead to the mapping it is missing from.
    """

    path: FieldPath
    code: str
    message: str
    remedy: str


def explain(error: ValidationError, document: Any) -> tuple[FieldProblem, ...]:
    """Return every problem that `parse(document)` met, in the order of the model's fields.

    Rules between fields are checked only for parts whose fields are well-formed themselves.
    """
    kind = document.get("kind") if isinstance(document, dict) else None
    model = KINDS.get(kind) if isinstance(kind, str) else None
    details = error.errors(include_url=False)
    return tuple(dict.fromkeys(p for each in details for p in _problems(each, model)))


def _problems(details: ErrorDetails, model: type[Model] | None) -> Iterator[FieldProblem]:
    context: Mapping[str, Any] = details.get("ctx", {})
    path: FieldPath = tuple(step for step in details["loc"] if step != "[key]")
    if "flaws" in context:
        flaws: tuple[Flaw, ...] = context["flaws"]
        for flaw in flaws:
            yield FieldProblem((*path, *flaw.path), flaw.code, flaw.message, flaw.remedy)
    elif "remedy" in context:
        name, said = _Case(path, details, context, model).name, details["msg"]
        message = said if said.startswith(name) else f"{name}: {said}"
        yield FieldProblem(path, details["type"], message, context["remedy"])
    else:
        case = _Case(path, details, context, model)
        message, remedy = _WORDS.get(details["type"], _other)(case)
        yield FieldProblem(path, details["type"], message, remedy)


@dataclass(frozen=True)
class _Case:
    path: FieldPath
    details: ErrorDetails
    context: Mapping[str, Any]
    model: type[Model] | None

    @property
    def name(self) -> str:
        if not self.path:
            return "the document"
        return f"`{dotted(self.path[-2:] if isinstance(self.path[-1], int) else self.path[-1:])}`"

    @property
    def value(self) -> str:
        shown = repr(self.details["input"])
        return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."


def _missing(case: _Case) -> tuple[str, str]:
    owner = dotted(case.path[:-1])
    where = f" from `{owner}`" if owner else ""
    hint = _description(case)
    return f"{case.name} is missing{where}", f"add `{case.path[-1]}:`{hint}"


def _description(case: _Case) -> str:
    steps = trail(case.model, case.path) if case.model else []
    last = steps[-1] if len(steps) == len(case.path) and steps else None
    text = last.description if isinstance(last, Field) else ""
    return f" — {text}" if text else ""


def _unknown(case: _Case) -> tuple[str, str]:
    known = _siblings(case)
    near = difflib.get_close_matches(str(case.path[-1]), known, n=1, cutoff=0.6)
    owner = dotted(case.path[:-1]) or "this document"
    if near:
        return f"unknown field {case.name}", f"did you mean `{near[0]}`?"
    return f"unknown field {case.name}", f"`{owner}` has {', '.join(known) or 'no fields'}"


def _siblings(case: _Case) -> list[str]:
    if case.model is None:
        return []
    steps = trail(case.model, case.path[:-1])
    if len(steps) != len(case.path) - 1:
        return []
    last = steps[-1] if steps else None
    shape = last.shape if isinstance(last, Field) else last
    owner = case.model if shape is None else shape.model
    return list(fields(owner)) if owner else []


def _choice(case: _Case) -> tuple[str, str]:
    choices = case.context["expected"]
    options = [option.strip("'") for option in choices.replace(" or ", ", ").split(", ")]
    near = difflib.get_close_matches(str(case.details["input"]), options, n=1, cutoff=0.6)
    remedy = f"did you mean `{near[0]}`?" if near else f"use {' or '.join(options)}"
    if len(options) > 1 and near:
        remedy += f" The choice is {', '.join(options)}"
    return f"{case.name} is {case.value}", remedy


def _pattern(case: _Case) -> tuple[str, str]:
    grammar = GRAMMARS[case.context["pattern"]]
    article = "an" if grammar.noun[0] in "aeiou" else "a"
    return f"{case.name}: {case.value} is not {article} {grammar.noun}", grammar.advice


def _typed(expected: str, advice: str) -> Callable[[_Case], tuple[str, str]]:
    def words(case: _Case) -> tuple[str, str]:
        given = case.details["input"]
        if given is None:
            return f"{case.name} is empty", f"give it {expected}, or leave the line out"
        return f"{case.name} must be {expected}, not {_kind_of(given)}", advice

    return words


def _bounded(words: str, key: str) -> Callable[[_Case], tuple[str, str]]:
    def say(case: _Case) -> tuple[str, str]:
        return f"{case.name} is {case.value}", f"use {words} {case.context[key]}"

    return say


def _short(case: _Case) -> tuple[str, str]:
    return f"{case.name} is empty", "give at least one"


def _other(case: _Case) -> tuple[str, str]:
    return f"{case.name}: {case.details['msg']}", "see `cpctl explain` for what it may be"


def _kind_of(value: Any) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    words |= {dict: "a mapping", list: "a list", type(None): "empty"}
    word = words.get(type(value), type(value).__name__)
    return f"{word} ({value!r})" if isinstance(value, bool | int | float) else word


_MAPPING = _typed("a mapping", "write `field: value` lines below it, indented")
_WORDS: Mapping[str, Callable[[_Case], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
    "string_type": _typed("text", "write it in quotes"),
    "int_type": _typed("a whole number", "write digits without quotes"),
    "bool_type": _typed("true or false", "write true or false without quotes"),
    "tuple_type": _typed("a list", "begin each item with a dash"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "greater_than_equal": _bounded("at least", "ge"),
    "less_than_equal": _bounded("at most", "le"),
    "string_too_long": _bounded("fewer characters; at most", "max_length"),
    "string_too_short": _short,
    "too_short": _short,
}
