"""Documents for rules that nobody wrote: values of every kind, on the fields that such rules look at.

Mostly a field holds what its kind says; it may be missing, null, or of another kind.
"""

from __future__ import annotations

from random import Random
from typing import Any

HERE = "input.subject.resource"
FIELDS = {
    "n": "number", "m": "number", "zero": "number", "s": "text", "t": "text", "empty": "text",
    "texts": "array", "numbers": "array", "mixed": "array", "objects": "array", "object": "object",
    "deep": "object", "tags": "object",
}  # fmt: skip
NUMBERS: tuple[Any, ...] = (0, 1, -1, 2, 3, 10, 100, 7, 1000, 2**31, 2**53 - 1, -(2**53 - 1))
# Numbers that are no integers, or not written as one, of documents and of rules, and how often.
ODD_NUMBERS: tuple[Any, ...] = (1.0, 1e2, 0.5, -0.0, 1e300, 1e-7)
ODD_LITERALS = ("-0", "- 0", "0.5", "1.0", "-0.0", "1e2", "1E-2", "9007199254740992")
ODD = 0.003
TEXTS = (
    "", "a", "b", "ab", "a b", "a-b", "A", "10", "9", "é", "e\u0301", "日本", "\U0001f600", "z",
    "true", "null", "a\"b", "a\\b", "a\nb", "\t", "\x00", "\u2028", " a ", "\u00a0a", "ß", "%v", "abcabc",
    "a,b", "ﬀ", "\x7f", "set()", "{}",
)  # fmt: skip
_KINDS = ("number", "text", "array", "object", "truth", "nothing")


def document(random: Random) -> Any:
    """Return an envelope with a resource of random fields."""
    resource = {
        name: _value(random, _kind(random, kind), name)
        for name, kind in FIELDS.items()
        if random.random() > 0.08
    }
    return {"subject": {"kind": "Tenant", "name": "acme", "resource": resource}}


def _kind(random: Random, kind: str) -> str:
    return random.choice(_KINDS) if random.random() < 0.08 else kind


def _value(random: Random, kind: str, name: str = "", depth: int = 0) -> Any:
    if kind == "number":
        return random.choice(ODD_NUMBERS if random.random() < ODD else NUMBERS)
    if kind == "text":
        return random.choice(TEXTS)
    if kind in {"truth", "nothing"}:
        return random.choice((True, False)) if kind == "truth" else None
    size = random.choice((0, 1, 2, 3, 4)) if depth < 3 else 0
    inner = {"texts": "text", "numbers": "number", "objects": "object", "tags": "text"}.get(name)
    kinds = [inner or random.choice(_KINDS) for _ in range(size)]
    values = [_value(random, each, "", depth + 1) for each in kinds]
    if kind == "array":
        return values
    keys = [random.choice((*FIELDS, "a", "b", "é", "x y", *TEXTS)) for _ in values]
    return dict(zip(keys, values, strict=True))
