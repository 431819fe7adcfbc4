"""From a body to what is asked, or to the refusal that says what is wrong with it, and where."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from controlplane.policy.envelope import NO_CHANGE
from controlplane.server.gate.messages import RefusedError, problem
from controlplane.server.gate.models import COMMIT, Batch, Envelope
from evidence.canonical import (
    Json,
    NotCanonicalError,
    canonical,
    canonical_plain,
    unique_keys,
)

M = TypeVar("M", bound=BaseModel)
Form = Callable[[Json], bytes]
_LONG = re.compile(rb"\d{16}")  # digits of an integer that may not be exact everywhere
# What a pattern wants, where it is no word for a person.
_WANTED: Mapping[str, str] = {
    COMMIT: "a full commit id is wanted, 40 digits of 0-9 and a-f, and no name of a branch or tag"
}
_SHOWN = 5  # things that are wrong, of many


def read_json(body: bytes) -> Json:
    """Return the value of a JSON text; raises RefusedError with the place of what is wrong.

    A name that stands twice in one object is refused: readers do not agree on which counts.
    """
    with _refusing():
        text = body.decode()
        value = json.loads(text)
        if canonical(value) != body:
            json.loads(text, object_pairs_hook=unique_keys)
    return value


def _read(body: bytes) -> tuple[Json, Form]:
    """Return the value of a JSON text, names that stand twice aside, and what writes it again."""
    odd: list[str] = []

    def number(text: str) -> float:
        odd.append(text)
        return float(text)

    value = json.loads(body.decode(), parse_float=number, parse_constant=number)
    plain = not odd and body.isascii() and b"\\u" not in body and not _LONG.search(body)
    return value, canonical_plain if plain else canonical


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what is wrong with a text into the refusal that says so."""
    try:
        yield
    except json.JSONDecodeError as error:
        raise _bad(f"the body is not JSON: {error.msg}", _place(error)) from error
    except (ValueError, NotCanonicalError) as error:
        raise _bad(f"the body is no JSON that has one meaning: {error}", "") from error
    except RecursionError as error:
        raise _bad("the body is nested too deeply", "") from error


def _place(error: json.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def read_model(model: type[M], value: Json, inside: str = "") -> M:
    """Return a value as its model; raises RefusedError that names the fields at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = [(_dotted(each["loc"], inside), _words(each)) for each in error.errors()]
        words = "; ".join(f"{place or 'the body'}: {text}" for place, text in found[:_SHOWN])
        more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
        raise RefusedError(
            problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{words}{more}",
                "see /openapi.json for the form of the body",
                place=found[0][0],
            )
        ) from error


def _words(error: ErrorDetails) -> str:
    """Return what is wrong with one field."""
    return _WANTED.get(error.get("ctx", {}).get("pattern", ""), error["msg"])


@dataclass(frozen=True)
class Asked:
    """An envelope, and the canonical bytes of each of its members by name, sorted."""

    value: Json
    parts: Mapping[str, bytes]


def envelopes(body: bytes) -> tuple[list[Asked], bool]:
    """Return the envelopes of a body, whole, and whether there were several.

    Raises RefusedError for what is no envelope and no list of them.
    """
    with _refusing():
        value, form = _read(body)
        several = isinstance(value, dict) and "envelopes" in value
        written = _written(value, form) if not several else {}
        again = form(value) if several or not written else _object(written)
        if again != body:
            json.loads(body, object_pairs_hook=unique_keys)
    if several:
        read_model(Batch, value)
        return [_whole(each, _written(each, form), form) for each in value["envelopes"]], True
    read_model(Envelope, value)
    return [_whole(value, written, form)], False


def _written(value: Json, form: Form) -> Mapping[str, bytes]:
    if not isinstance(value, dict):
        return {}
    return {name: form(value[name]) for name in sorted(value)}


def _object(written: Mapping[str, bytes]) -> bytes:
    """Return the canonical bytes of an object, where its names are plain."""
    members = (b'"%b":%b' % (name.encode(), text) for name, text in written.items())
    return b"{%b}" % b",".join(members)


def _whole(value: Json, written: Mapping[str, bytes], form: Form) -> Asked:
    """Return an envelope with what was left out, as the gate writes it."""
    found = {"references": {}, "change": {}, "facts": {}, **value}
    found["change"] = {**NO_CHANGE, **found["change"]}
    if found.get("time", 0) is None:
        del found["time"]
    parts = {
        name: written[name] if name in written and name != "change" else form(found[name])
        for name in sorted(found)
    }
    return Asked(found, parts)


def _dotted(steps: Sequence[str | int], inside: str) -> str:
    return ".".join(str(step) for step in ([inside, *steps] if inside else steps))


def _bad(words: str, place: str) -> RefusedError:
    return RefusedError(
        problem(HTTPStatus.BAD_REQUEST, words, "send one JSON document, UTF-8", place=place)
    )
