"""A schema beside a pack or a rule: is it fit for use, what do its defaults add, what violates it.

The only importer of jsonschema. JSON Schema 2020-12, and within it what can be answered offline
and in bounded time: references stay in the document, `pattern` stays free of nested repetition.
Where a field of the input stands in a file is left to the caller; problems carry field paths.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from controlplane.errors import InvalidRepositoryError
from controlplane.schema.patterns import LONGEST, longest, pattern_flaw
from controlplane.values import FieldPath, Position, Problem, dotted

Json = Any

SCHEMA_BYTES = 256 * 1024
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEPTH = 16
VALUES = 5_000  # within one input; comparing items for uniqueness takes the square of them
REFERENCES = 5_000  # followed while one input is checked; they can double at every step
_ELSEWHERE = frozenset({"$dynamicRef", "$dynamicAnchor", "$anchor", "$id", "$vocabulary"})


class UnfitSchemaError(InvalidRepositoryError):
    """A schema cannot be used; `problems` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            f"{problems[0].position}: {problems[0].message}", remedy=problems[0].remedy
        )
        self.problems = tuple(problems)


@dataclass(frozen=True)
class InputProblem:
    """One thing an input does not keep to; `path` counts from the input's root."""

    path: FieldPath
    code: str
    message: str
    remedy: str


@dataclass(frozen=True)
class InputSchema:
    """A schema, checked. `path` is the file it was read from."""

    path: str
    document: Mapping[str, Json]

    def with_defaults(self, value: Mapping[str, Json]) -> dict[str, Json]:
        """Return `value` with the defaults of absent properties filled in, nested ones too.

        Only `properties` and `items` are followed, through local references; defaults inside
        `anyOf` and its like say nothing, because which branch holds depends on the value.
        """
        filled: dict[str, Json] = _filled(self.document, value, self.document, 0)
        return filled

    def problems(self, value: Mapping[str, Json]) -> tuple[InputProblem, ...]:
        """Return everything in `value` that the schema forbids, sorted by place."""
        if _count(value) > VALUES:
            message = f"the input holds more than {VALUES} values"
            return (InputProblem((), "too-long", message, "keep the data in the pack"),)
        long = tuple(_too_long(value))
        if long:
            return long
        try:
            found = [p for error in _validator(self).iter_errors(value) for p in _explained(error)]
        except _EndlessError as error:
            raise _unfit(self.path, f"checking follows over {REFERENCES} references") from error
        except (Unresolvable, RecursionError) as error:
            raise _unfit(self.path, f"the schema refers to what is not in it: {error}") from error
        return tuple(sorted(set(found), key=lambda p: (dotted(p.path), p.code, p.message)))


def load(path: str, text: str) -> InputSchema:
    """Read the schema `text` found at `path`; raises UnfitSchemaError with why not."""
    return _load(path, text)


@lru_cache(maxsize=512)
def _load(path: str, text: str) -> InputSchema:
    if len(text.encode()) > SCHEMA_BYTES:
        raise _unfit(path, f"the schema is over {SCHEMA_BYTES} bytes")
    try:
        document = json.loads(text, parse_float=_no_fraction)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _unfit(path, f"the schema is not JSON: {error}", line) from error
    flaws = list(_flaws(document))
    if flaws:
        raise UnfitSchemaError([_problem(path, flaw) for flaw in flaws])
    return InputSchema(path, document)


def _no_fraction(text: str) -> float:
    raise ValueError(f"{text} is a fraction; use whole numbers or text")


def _problem(path: str, message: str, line: int = 1) -> Problem:
    remedy = "correct the schema (docs/render.md says what it may contain)"
    return Problem(Position(path, line), "input-schema", message, remedy)


def _unfit(path: str, message: str, line: int = 1) -> UnfitSchemaError:
    return UnfitSchemaError([_problem(path, message, line)])


def _flaws(document: Json) -> Iterator[str]:
    """Yield why a document is no schema that can be used here."""
    if not isinstance(document, dict):
        yield "the schema must be a JSON object"
        return
    if document.get("$schema") != DIALECT:
        yield f'`"$schema"` must be "{DIALECT}"'
    if document.get("type") != "object" or document.get("additionalProperties") is not False:
        yield 'the schema must say `"type": "object"` and `"additionalProperties": false`'
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        yield f"{dotted(list(error.absolute_path)) or 'the schema'}: {error.message}"
        return
    yield from _unbounded(document, 0)


def _unbounded(part: Json, depth: int) -> Iterator[str]:
    """Yield references that leave the document and patterns that could take for ever."""
    if depth > DEPTH * 4:
        yield "the schema is nested too deeply"
        return
    if isinstance(part, list):
        for item in part:
            yield from _unbounded(item, depth + 1)
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        yield from _keyword(key, value)
        yield from _unbounded(value, depth + 1)


def _keyword(key: str, value: Json) -> Iterator[str]:
    if key == "$ref" and not (isinstance(value, str) and value.startswith("#/$defs/")):
        yield f"`$ref` {value!r} must point into `#/$defs/`"
    if key in _ELSEWHERE and isinstance(value, str):
        yield f"`{key}` is not supported"
    patterns = [value] if key == "pattern" else list(value) if key == "patternProperties" else []
    for pattern in patterns:
        flaw = pattern_flaw(pattern) if isinstance(pattern, str) else None
        if not flaw and key != "pattern" and longest(pattern) < LONGEST:
            flaw = "there are too many ways for it to match a name"
        if flaw:
            yield f"pattern {pattern!r}: {flaw}"


def _filled(schema: Json, value: Json, root: Mapping[str, Json], depth: int) -> Json:
    schema = _resolved(schema, root)
    if not isinstance(schema, dict) or depth > DEPTH:
        return value
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        result = {}
        for name, subschema in known.items():
            part = _resolved(subschema, root)
            if name in value:
                result[name] = _filled(part, value[name], root, depth + 1)
            elif isinstance(part, dict) and "default" in part:
                result[name] = _filled(part, part["default"], root, depth + 1)
        return {**result, **{name: value[name] for name in value if name not in known}}
    if isinstance(value, list) and "items" in schema:
        return [_filled(schema["items"], item, root, depth + 1) for item in value]
    return value


def _resolved(schema: Json, root: Mapping[str, Json]) -> Json:
    for _ in range(DEPTH):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        target = root.get("$defs", {}).get(schema["$ref"].removeprefix("#/$defs/"), {})
        schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


class _EndlessError(Exception):
    """The schema refers to itself so often that checking would not end."""


_LEFT: ContextVar[int] = ContextVar("references left", default=0)
_FOLLOW = Draft202012Validator.VALIDATORS["$ref"]
_MATCH = Draft202012Validator.VALIDATORS["pattern"]


def _reference(validator: Any, target: Json, instance: Json, within: Json) -> Iterator[Any]:
    left = _LEFT.get() - 1
    _LEFT.set(left)
    if left < 0:
        raise _EndlessError
    yield from _FOLLOW(validator, target, instance, within) or ()


def _pattern(validator: Any, wanted: str, instance: Json, within: Json) -> Iterator[Any]:
    if isinstance(instance, str) and len(instance) > longest(wanted):
        yield ValidationError(f"longer than {longest(wanted)} characters")
    else:
        yield from _MATCH(validator, wanted, instance, within) or ()


_Bounded = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"$ref": _reference, "pattern": _pattern}
)


def _validator(schema: InputSchema) -> Any:
    """Return a validator for one input; it is bounded in what it follows and what it matches."""
    _LEFT.set(REFERENCES)
    # A registry of our own: the library's default one would fetch what it does not know.
    return _Bounded(schema.document, registry=Registry())


def _count(value: Json) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(map(_count, value.values()))
    return 1 + sum(map(_count, value)) if isinstance(value, list) else 1


def _too_long(value: Json, path: FieldPath = ()) -> Iterator[InputProblem]:
    """Yield texts and names on which a pattern would not be tried in bounded time."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if len(key) > LONGEST:
                message = f"a name of {len(key)} characters, more than {LONGEST}"
                yield InputProblem(path, "too-long", message, "shorten it")
            yield from _too_long(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _too_long(part, (*path, index))
    elif isinstance(value, str) and len(value) > LONGEST:
        message = f"has {len(value)} characters, more than {LONGEST}"
        yield InputProblem(path, "too-long", message, "shorten it, or keep it in the pack")


def _explained(error: ValidationError) -> Iterator[InputProblem]:
    """Yield what `error` means in plain words: one problem per field where it names several."""
    path: FieldPath = tuple(error.absolute_path)
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    wanted: Json = error.validator_value
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        for name in sorted(set(error.instance) - set(known)):
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known))}"
            yield InputProblem((*path, name), "unknown-input", "there is no such input", hint)
    elif error.validator == "required" and isinstance(error.instance, dict):
        for name in sorted(set(wanted) - set(error.instance)):
            message = f"`{name}` is required"
            yield InputProblem(path, "missing-input", message, f"add `{name}:`")
    else:
        yield InputProblem(path, f"input-{error.validator}", _message(error), _hint(error))


def _message(error: ValidationError) -> str:
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    wanted = error.validator_value
    words = {
        "type": f"{shown} is not of type {wanted}",
        "enum": f"{shown} is not one of the allowed values",
        "pattern": f"{shown} does not match {wanted}",
        "minimum": f"{shown} is less than {wanted}",
        "maximum": f"{shown} is more than {wanted}",
    }
    return words.get(str(error.validator), f"{shown} violates `{error.validator}: {wanted}`")


def _hint(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    wanted: Json = error.validator_value
    if error.validator == "enum":
        return "use one of: " + ", ".join(json.dumps(value) for value in wanted)
    described = schema.get("description")
    return str(described) if described else f"see `{error.validator}` in the schema"
