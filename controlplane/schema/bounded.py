"""JSON Schema that ends: whatever a schema says, checking an input by it takes so many steps.

The only importer of jsonschema. A keyword that is tried is a step, and so is each of its
alternatives; a pattern counts by the ways in which it may match, a comparison of items by how many
there are, an error by its length. References are counted by themselves. Which schemas are used at
all, and what a violation means in words, is left to `json_schema`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from controlplane.schema.patterns import longest, ways
from controlplane.values import dotted

Json = Any
Violation = ValidationError

STEPS = 100_000  # while one input is checked: about a second
REFERENCES = 5_000  # of them references: they can double at every step
_WAYS = 100  # ways to match a text that take as long as one step
_PAIRS = 6  # of items that are compared in that time
_CHARACTERS = 200  # of an error, which repeats the value: they take memory as well


class UncheckableError(Exception):
    """Whether a value keeps to a schema cannot be found out, or not in time; its text says why."""


def flaw(document: Json) -> str | None:
    """Return why a document is no JSON Schema, None where it is one."""
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        return f"{dotted(list(error.absolute_path)) or 'the schema'}: {error.message}"
    except RecursionError:
        return "the schema is nested too deeply"
    return None


def violations(document: Mapping[str, Json], value: Mapping[str, Json]) -> Iterator[Violation]:
    """Yield what in `value` the schema forbids.

    Raises UncheckableError where checking takes too long, or a reference leads to nothing.
    """
    _LEFT.set({"steps": STEPS, "references": REFERENCES})
    try:
        # A registry of our own: the library's default one would fetch what it does not know.
        yield from _Bounded(document, registry=Registry()).iter_errors(value)
    except (Unresolvable, RecursionError) as error:
        raise UncheckableError(f"the schema refers to what is not in it: {error}") from error


_LEFT: ContextVar[dict[str, int]] = ContextVar("what checking may still take")


def _spend(what: str, much: int) -> None:
    left = _LEFT.get()
    left[what] -= much
    if left[what] < 0:
        limit = {"steps": STEPS, "references": REFERENCES}[what]
        words = {"steps": "takes more than {} steps", "references": "follows over {} references"}
        raise UncheckableError(f"checking {words[what].format(limit)}")


def _counted(
    keyword: str, check: Callable[..., Any], validator: Any, wanted: Json, value: Json, within: Json
) -> Iterator[Any]:
    _spend("steps", _cost(keyword, wanted, value, within))
    if keyword == "$ref":
        _spend("references", 1)
    if keyword == "pattern" and isinstance(value, str) and len(value) > longest(wanted):
        yield ValidationError(f"longer than {longest(wanted)} characters")
        return
    for error in check(validator, wanted, value, within) or ():
        _spend("steps", len(error.message) // _CHARACTERS)
        yield error


def _cost(keyword: str, wanted: Json, value: Json, within: Json) -> int:
    """Return how many steps a keyword takes by itself, what it leads to left out."""
    cost = 1 + (len(wanted) if isinstance(wanted, list | dict) else 0)
    if keyword == "pattern" and isinstance(value, str):
        cost += ways(wanted, min(len(value), longest(wanted))) // _WAYS
    elif keyword == "uniqueItems" and isinstance(value, list):
        if {type(item) for item in value} not in ({str}, {int}):  # those are sorted first
            cost += len(value) ** 2 // _PAIRS
    elif keyword in _OF_NAMES and isinstance(value, dict):
        patterns = within.get("patternProperties", {})
        cost += sum(1 + ways(p, len(name)) // _WAYS for p in patterns for name in value)
    return cost


_OF_NAMES = frozenset({"patternProperties", "additionalProperties", "unevaluatedProperties"})
_Bounded = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        keyword: partial(_counted, keyword, check)
        for keyword, check in Draft202012Validator.VALIDATORS.items()
    },
)
