"""Which envelopes evaluators would read differently, and are therefore not asked about.

Decides it over the whole envelope. Where the envelope is given in parts, a part that is a JSON
value by itself is looked at once and remembered, because hundreds of envelopes hold the same ones;
an envelope is fit part by part only where it is fit as a whole, and whatever the parts do not show
at once is decided over the whole. What this process wrote itself (`Plain`) is a value by itself and
holds no number that is read differently; it is not read again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from evidence.canonical import Json, Plain

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 100  # levels of nesting
SHARED = 256  # bytes from which on a part is looked at by itself
LONG = 4096  # bytes from which on a part is remembered by its digest, so that memory is bounded
_MOST_PARTS = 4096  # remembered at once
_LONG_NUMBER = re.compile(rb"\d{16}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# What stands for a part: a line break cannot be within a text, so it is a value or an error.
_VALUE = b"\nnull\n"


class Fitness:
    """Says what is unfit, and remembers the parts that are fit. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}  # part, or the digest of a long one → how deep it is

    def unfit(self, envelope: bytes, parts: Sequence[bytes] = ()) -> str:
        """Return why evaluators would not read an envelope alike, "" where they do.

        `parts` are the envelope's bytes in order, or nothing. Raises ValueError for what is not
        JSON.
        """
        if len(parts) > 1 and self._by_parts(envelope, parts):
            return ""
        return unfit(envelope)

    def _by_parts(self, envelope: bytes, parts: Sequence[bytes]) -> bool:
        """Whether the parts alone show that the envelope is fit."""
        if b"".join(parts) != envelope:
            return False
        frame: list[bytes] = []
        deepest = 0
        for part in parts:
            depth = self._depth(part) if len(part) >= SHARED else None
            frame.append(part if depth is None else _VALUE)
            deepest = max(deepest, depth or 0)
        text = b"".join(frame)
        around = _fit_depth(text)
        return text[:1] == b"{" and around is not None and around + deepest <= DEEPEST

    def _depth(self, part: bytes) -> int | None:
        """Return how deep a part is nested at most, None where it is no fit value by itself."""
        if type(part) is Plain and _SURROGATE.search(part) is None:
            openings = _openings(part)
            if openings <= _FEW:
                return openings
        name = part if len(part) < LONG else hashlib.sha256(part).digest()
        known = self._known.get(name)
        if known is None and (known := _fit_depth(part)) is not None:
            if len(self._known) >= _MOST_PARTS:
                self._known.clear()
            self._known[name] = known
        return known


def unfit(envelope: bytes) -> str:
    """Return why evaluators would not read an envelope alike, "" where they do.

    Raises ValueError for what is not JSON.
    """
    try:
        value = _read(envelope)
    except _UnfitError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    if not isinstance(value, dict):
        return "it is no object"
    if _SURROGATE.search(envelope):
        return "a text holds half of a character"
    deep = _openings(envelope) > DEEPEST and _depth(value) > DEEPEST
    return f"it is nested deeper than {DEEPEST} levels" if deep else ""


def _fit_depth(text: bytes) -> int | None:
    """Return how deep a fit JSON value is nested at most, None where it is not fit."""
    try:
        value = _read(text)
    except (ValueError, _UnfitError, RecursionError):
        return None
    if _SURROGATE.search(text):
        return None
    openings = _openings(text)
    return openings if openings <= _SHALLOW else _depth(value)


# Openings of one part, and of what is around the parts, that are not worth counting levels. Taken
# for levels, both together are still allowed.
_FEW, _SHALLOW = 60, 40


def _read(text: bytes) -> Json:
    """Return the value; raises _UnfitError for a number that evaluators read differently."""
    written = text.decode()  # what is not UTF-8 is no JSON, whatever `json` could make of it
    value = json.loads(written, parse_float=_fraction, parse_constant=_constant)
    if _LONG_NUMBER.search(text):
        json.loads(written, parse_int=_exact)
    return value


class _UnfitError(Exception):
    """A number that evaluators read differently; never leaves this module."""


def _fraction(text: str) -> Json:
    raise _UnfitError(f"the number {text} has a fraction or an exponent")


def _constant(text: str) -> Json:
    raise _UnfitError(f"{text} is no number of JSON")


def _exact(text: str) -> Json:
    if abs(int(text)) > LARGEST_INTEGER:
        raise _UnfitError(f"the number {text} is beyond 2^53")
    return int(text)


def _openings(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _depth(value: Json) -> int:
    """Return how many levels of objects and arrays there are, DEEPEST + 1 where there are more."""
    level = [value]
    for depth in range(DEEPEST + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return depth
        level = [m for each in level for m in (each.values() if isinstance(each, dict) else each)]
    return DEEPEST + 1
