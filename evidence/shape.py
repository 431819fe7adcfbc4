"""Strict reading of JSON values: exact fields, exact types, one encoding per value.

Every function raises MalformedError naming the part that is wrong, and never guesses. What a
value means is left to the module that asked.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from datetime import UTC, datetime

from evidence.canonical import Json
from evidence.errors import MalformedError

TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
ORIGIN = re.compile(r"[a-z0-9][a-z0-9.-]*(/[a-z0-9][a-z0-9._-]*)*")
SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
HASH = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)  # compared as text
LINE = 500  # characters in a summary


def fields(value: Json, part: str, names: Collection[str]) -> dict[str, Json]:
    """Return `value`, an object with exactly the fields `names`."""
    if not isinstance(value, dict):
        raise MalformedError(part, "must be an object")
    if extra := sorted(set(value) - set(names)):
        raise MalformedError(f"{part}.{extra[0]}"[:200], "is not a field of this format")
    if absent := sorted(set(names) - set(value)):
        raise MalformedError(f"{part}.{absent[0]}", "is missing")
    return value


def items(value: Json, part: str, limit: int) -> list[Json]:
    """Return `value`, a list of at most `limit` elements."""
    if not isinstance(value, list):
        raise MalformedError(part, "must be a list")
    if len(value) > limit:
        raise MalformedError(part, f"{len(value)} elements, more than the {limit} allowed")
    return value


def text(value: Json, part: str, pattern: re.Pattern[str] | None = None) -> str:
    """Return `value`, a string that matches `pattern` as a whole."""
    if not isinstance(value, str):
        raise MalformedError(part, "must be a string")
    if pattern is not None and not pattern.fullmatch(value):
        raise MalformedError(part, f"has the wrong form: {value[:80]!r}")
    return value


def line(value: Json, part: str, *, empty: bool = False) -> str:
    """Return `value`, one line for a person: no control characters, at most LINE characters."""
    checked = text(value, part)
    if not checked and not empty:
        raise MalformedError(part, "is empty")
    if len(checked) > LINE or not all(c.isprintable() for c in checked):
        raise MalformedError(part, f"must be one printable line of at most {LINE} characters")
    return checked


def one_line(text_: str) -> str:
    """Return `text_` as `line` accepts it: control characters become spaces, the end is cut."""
    plain = "".join(c if c.isprintable() else " " for c in text_)
    plain = " ".join(plain.split())
    return plain if len(plain) <= LINE else plain[: LINE - 1] + "…"


def number(value: Json, part: str) -> int:
    """Return `value`, an integer of at least 0."""
    if type(value) is not int or value < 0:
        raise MalformedError(part, "must be an integer of at least 0")
    return value


def unbase64(value: Json, part: str) -> bytes:
    """Return the bytes of standard base64; only the one canonical encoding is accepted."""
    checked = text(value, part)
    try:
        data = base64.b64decode(checked.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise MalformedError(part, "is not base64") from error
    if base64.b64encode(data).decode() != checked:
        raise MalformedError(part, "is not the canonical base64 of its bytes")
    return data


def moment(value: Json, part: str) -> datetime:
    """Return a time in UTC, written to the second: 2026-01-31T12:00:00Z."""
    checked = text(value, part, TIME)
    try:
        return datetime.strptime(checked, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedError(part, f"is no date: {checked}") from error


def stamp(when: datetime) -> str:
    """Write an aware time the way `moment` reads it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
