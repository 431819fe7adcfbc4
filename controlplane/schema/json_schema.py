"""A schema beside a pack or a rule: is it fit for use, what do its defaults add, what violates it.

JSON Schema 2020-12, and within it what can be answered offline and in bounded time: references
stay in the document, `pattern` stays free of nested repetition; `bounded` counts the rest. Where a
field of the input stands in a file is left to the caller; problems carry field paths.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from controlplane.errors import InvalidRepositoryError
from controlplane.schema import bounded
from controlplane.schema.bounded import UncheckableError, Violation
from controlplane.schema.patterns import LONGEST, longest, pattern_flaw
from controlplane.values import FieldPath, Position, Problem, dotted

Json = Any

SCHEMA_BYTES = 256 * 1024
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEPTH = 16
WHOLE = 2**53 - 1
VALUES = 5_000  # within one input
FILLED = 200_000  # properties looked at for their defaults, which can grow at every step
MOST = 200  # problems of one input that are told
NEAR = 64  # known names among which one is looked for that was meant
_SHOWN = 60  # characters of a value, and
_LISTED = 20  # values of an enumeration, in a message
_REFERENCE = re.compile(r"#/\$defs/[^/~%]+")
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
        Raises UnfitSchemaError where the defaults never end.
        """
        filled: dict[str, Json] = _Filling(self).value(self.document, value, 0)
        return filled

    def problems(self, value: Mapping[str, Json]) -> tuple[InputProblem, ...]:
        """Return what in `value` the schema forbids, at most MOST problems, sorted by place.

        Raises UnfitSchemaError where that cannot be found out, or not in time.
        """
        if _count(value) > VALUES:
            message = f"the input holds more than {VALUES} values"
            return (InputProblem((), "too-long", message, "keep the data in the pack"),)
        long = tuple(_too_long(value))
        if long:
            return long
        every = (p for error in bounded.violations(self.document, value) for p in _explained(error))
        try:
            found = set(islice(every, MOST))
        except UncheckableError as error:
            raise _unfit(self.path, str(error)) from error
        return tuple(sorted(found, key=lambda p: (dotted(p.path), p.code, p.message)))


def load(path: str, text: str) -> InputSchema:
    """Read the schema `text` found at `path`; raises UnfitSchemaError with why not."""
    return _load(path, text)


@lru_cache(maxsize=512)
def _load(path: str, text: str) -> InputSchema:
    if len(text.encode()) > SCHEMA_BYTES:
        raise _unfit(path, f"the schema is over {SCHEMA_BYTES} bytes")
    try:
        document = json.loads(
            text,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
            parse_int=_exact,
            object_pairs_hook=_no_double,
        )
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _unfit(path, "the schema holds half of a character") from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _unfit(path, f"the schema is not JSON: {error}", line) from error
    flaws = list(_flaws(document))
    if flaws:
        raise UnfitSchemaError([_problem(path, flaw) for flaw in flaws])
    return InputSchema(path, document)


def _no_fraction(text: str) -> float:
    raise ValueError(f"{text} is a fraction; use whole numbers or text")


def _exact(text: str) -> int:
    if len(text) > len(str(-WHOLE)) or abs(int(text)) > WHOLE:
        raise ValueError(f"{_short(text)} is beyond 2^53; use text")
    return int(text)


def _no_double(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object, and readers differ in which counts")
    return found


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
    flaw = bounded.flaw(document)
    if flaw:
        yield flaw
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
    if key == "$ref" and not (isinstance(value, str) and _REFERENCE.fullmatch(value)):
        yield f"`$ref` {value!r} must point into `#/$defs/`, at a schema by its plain name"
    if key in _ELSEWHERE and isinstance(value, str):
        yield f"`{key}` is not supported"
    patterns = [value] if key == "pattern" else list(value) if key == "patternProperties" else []
    for pattern in patterns:
        flaw = pattern_flaw(pattern) if isinstance(pattern, str) else None
        if not flaw and key != "pattern" and longest(pattern) < LONGEST:
            flaw = "there are too many ways for it to match a name"
        if flaw:
            yield f"pattern {pattern!r}: {flaw}"


class _Filling:
    """Fills in the defaults of one schema; what they lead to is counted."""

    def __init__(self, schema: InputSchema) -> None:
        self._schema, self._left = schema, FILLED

    def value(self, schema: Json, value: Json, depth: int) -> Json:
        """Return `value` with the defaults that `schema` gives it."""
        schema = _resolved(schema, self._schema.document)
        if not isinstance(schema, dict) or depth > DEPTH:
            return value
        if isinstance(value, Mapping):
            return self._mapping(schema.get("properties", {}), value, depth)
        if isinstance(value, list) and "items" in schema:
            return [self.value(schema["items"], item, depth + 1) for item in value]
        return value

    def _mapping(self, known: Mapping[str, Json], value: Mapping[str, Json], depth: int) -> Json:
        self._left -= len(known)
        if self._left < 0:
            message = f"its defaults lead to over {FILLED} properties"
            raise _unfit(self._schema.path, message)
        result = {}
        for name, subschema in known.items():
            part = _resolved(subschema, self._schema.document)
            if name in value:
                result[name] = self.value(part, value[name], depth + 1)
            elif isinstance(part, dict) and "default" in part:
                result[name] = self.value(part, part["default"], depth + 1)
        return {**result, **{name: value[name] for name in value if name not in known}}


def _resolved(schema: Json, root: Mapping[str, Json]) -> Json:
    for _ in range(DEPTH):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        target = root.get("$defs", {}).get(schema["$ref"].removeprefix("#/$defs/"), {})
        if not isinstance(target, dict):
            return target  # `true` or `false`: neither has a default
        schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


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


def _explained(error: Violation) -> Iterator[InputProblem]:
    """Yield what `error` means in plain words: one problem per field where it names several."""
    path: FieldPath = tuple(error.absolute_path)
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    wanted: Json = error.validator_value
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        for name in sorted(set(error.instance) - set(known)):
            hint = _near(name, sorted(known)[:NEAR])
            yield InputProblem((*path, name), "unknown-input", "there is no such input", hint)
    elif error.validator == "required" and isinstance(error.instance, dict):
        for name in sorted(set(wanted) - set(error.instance)):
            message = f"`{name}` is required"
            yield InputProblem(path, "missing-input", message, f"add `{name}:`")
    else:
        yield InputProblem(path, f"input-{error.validator}", _message(error), _hint(error))


def _near(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known: {_listed(known)}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join([*words[:_LISTED], *(["…"] if len(words) > _LISTED else [])])


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _message(error: Violation) -> str:
    shown = _short(json.dumps(error.instance, ensure_ascii=False))
    wanted = error.validator_value
    words = {
        "type": f"{shown} is not of type {wanted}",
        "enum": f"{shown} is not one of the allowed values",
        "pattern": f"{shown} does not match {wanted}",
        "minimum": f"{shown} is less than {wanted}",
        "maximum": f"{shown} is more than {wanted}",
    }
    return words.get(
        str(error.validator), f"{shown} violates `{error.validator}: {_short(str(wanted))}`"
    )


def _hint(error: Violation) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    wanted: Json = error.validator_value
    if error.validator == "enum":
        return "use one of: " + _listed([_short(json.dumps(value)) for value in wanted])
    described = schema.get("description")
    return str(described) if described else f"see `{error.validator}` in the schema"
