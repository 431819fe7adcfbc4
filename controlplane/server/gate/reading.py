"""From a body to what is asked, or to the refusal that says what is wrong with it, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from controlplane.policy.envelope import NO_CHANGE
from controlplane.server.gate.messages import RefusedError, problem
from controlplane.server.gate.models import Batch, Envelope
from evidence.canonical import Json, NotCanonicalError, canonical, unique_keys

M = TypeVar("M", bound=BaseModel)
_SHOWN = 5  # things that are wrong, of many


def read_json(body: bytes) -> Json:
    """Return the value of a JSON text; raises RefusedError with the place of what is wrong.

    A name that stands twice in one object is refused: readers do not agree on which counts.
    """
    try:
        text = body.decode()
        value = json.loads(text)
        if canonical(value) != body:
            json.loads(text, object_pairs_hook=unique_keys)
    except json.JSONDecodeError as error:
        raise _bad(f"the body is not JSON: {error.msg}", _place(error)) from error
    except (ValueError, NotCanonicalError) as error:
        raise _bad(f"the body is no JSON that has one meaning: {error}", "") from error
    except RecursionError as error:
        raise _bad("the body is nested too deeply", "") from error
    return value


def _place(error: json.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"


def read_model(model: type[M], value: Json, inside: str = "") -> M:
    """Return a value as its model; raises RefusedError that names the fields at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = [(_dotted(each["loc"], inside), each["msg"]) for each in error.errors()]
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


def envelopes(value: Json) -> tuple[list[Json], bool]:
    """Return the envelopes of a body, whole, and whether there were several.

    Raises RefusedError for what is no envelope and no list of them.
    """
    if isinstance(value, dict) and "envelopes" in value:
        read_model(Batch, value)
        return [_whole(each) for each in value["envelopes"]], True
    read_model(Envelope, value)
    return [_whole(value)], False


def _whole(value: Json) -> Json:
    """Return an envelope with what was left out, as the gate writes it."""
    found = {"references": {}, "change": {}, "facts": {}, **value}
    found["change"] = {**NO_CHANGE, **found["change"]}
    if found.get("time", 0) is None:
        del found["time"]
    return found


def _dotted(steps: Sequence[str | int], inside: str) -> str:
    return ".".join(str(step) for step in ([inside, *steps] if inside else steps))


def _bad(words: str, place: str) -> RefusedError:
    return RefusedError(
        problem(HTTPStatus.BAD_REQUEST, words, "send one JSON document, UTF-8", place=place)
    )
