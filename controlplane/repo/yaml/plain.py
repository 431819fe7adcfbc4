"""What a scalar without quotes means: one table, asked by the fast and by the strict reader.

A plain scalar is text, `true`, `false`, `null` or a decimal integer. Whatever YAML 1.1 and
YAML 1.2 read differently, and whatever is a number that cannot be exact, has no meaning here and
is refused with the way to say it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from controlplane.repo.yaml.limits import LARGEST_INTEGER


@dataclass(frozen=True)
class Ambiguous:
    """Why a plain scalar is refused, and what to write instead."""

    code: str
    message: str
    remedy: str


INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_BOOLEANS = {"y", "n", "yes", "no", "on", "off", "true", "false"}
_NULLS = {"~", "null"}
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_BASED = re.compile(r"[-+]?0[xXbBoO][0-9a-fA-F_]+")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,12}")
_GROUPED = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?")
_SIGNED = re.compile(r"\+[0-9]+|-0")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")


def resolve(text: str) -> str | int | bool | Ambiguous | None:
    """Return what the plain scalar `text` (not empty) means, or why it is refused."""
    if text == "true":
        return True
    if text == "false":
        return False
    if text == "null":
        return None
    if INTEGER.fullmatch(text) and text != "-0":
        return _integer(text)
    return _refusal(text) or text


def _integer(text: str) -> int | Ambiguous:
    # Longer than any exact integer: never converted, so that no text costs quadratic time.
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        return Ambiguous(
            "yaml/integer-too-large",
            f"{text[:40]} is larger than 9007199254740991, beyond which readers round",
            f'write it as text, in quotes: "{text[:40]}"',
        )
    return int(text)


def _refusal(text: str) -> Ambiguous | None:
    lower = text.lower()
    if lower in _BOOLEANS:
        return _boolean(text, lower)
    if lower in _NULLS:
        return Ambiguous(
            "yaml/ambiguous-null",
            f"`{text}` without quotes is null to some YAML readers and text to others",
            f'leave the field out, or quote it: "{text}"',
        )
    first = text[0]
    if first in "+-.0123456789":
        return _number(text)
    if text == "<<":
        return Ambiguous(
            "yaml/merge-key",
            "merge keys (`<<`) are not allowed",
            "write the fields out where they are needed",
        )
    if text == "=":
        return Ambiguous(
            "yaml/ambiguous-value", "`=` without quotes is special in YAML 1.1", "quote it"
        )
    return None


def _boolean(text: str, lower: str) -> Ambiguous:
    meaning = "true" if lower in ("y", "yes", "on", "true") else "false"
    return Ambiguous(
        "yaml/ambiguous-boolean",
        f"`{text}` without quotes is a boolean to some YAML readers and text to others",
        f'quote it: "{text}", or write {meaning}',
    )


_NUMBERS = (
    (_DATE, "yaml/ambiguous-date", "a date"),
    (_OCTAL, "yaml/ambiguous-number", "an octal number"),
    (_BASED, "yaml/ambiguous-number", "a number"),
    (_GROUPED, "yaml/ambiguous-number", "a number"),
    (_SIGNED, "yaml/ambiguous-number", "a number"),
    (_SEXAGESIMAL, "yaml/ambiguous-number", "a base-60 number"),
    (_FLOAT, "yaml/ambiguous-number", "an inexact number"),
)


def _number(text: str) -> Ambiguous | None:
    for pattern, code, what in _NUMBERS:
        if pattern.fullmatch(text):
            return _quote(code, text, f"{what} to some YAML readers")
    return None


def _quote(code: str, text: str, what: str) -> Ambiguous:
    shown = text[:40]
    return Ambiguous(
        code,
        f"`{shown}` without quotes is {what} and text to others",
        f'quote it: "{shown}"' + _decimal(text),
    )


def _decimal(text: str) -> str:
    """Offer the plain decimal form where the text surely means a whole number."""
    if _HEX.fullmatch(text):
        return f", or write {int(text, 16)}"
    digits = text.replace("_", "").lstrip("+")
    if "_" in text and INTEGER.fullmatch(digits) and len(digits) < 17:
        return f", or write {int(digits)}"
    return ""
