"""What a template can compute: pure, deterministic functions over plain JSON data, each bounded.

Plain data is null, booleans, integers below 2^53, text, lists and text-keyed mappings. There is no
float. This module knows nothing of how templates are parsed; it raises LimitError, TypeError and
ValueError, which the caller places on a line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any

from evidence.canonical import canonical, digest_bytes

Json = Any

NODES = 20_000  # values within one value
TEXT = 256 * 1024  # characters of one text
_CHARACTERS = 64  # of a text are taken for one value
WHOLE = 2**53 - 1  # integers that survive every JSON reader (RFC 8785, section 3.2.2.3)
NAMES_SHOWN = 8

JINJA_FILTERS = (
    "default", "length", "first", "last", "map", "select", "reject", "selectattr", "rejectattr",
)  # fmt: skip
JINJA_TESTS = (
    "defined", "undefined", "none", "string", "integer", "boolean", "mapping", "sequence",
    "in", "eq", "ne", "lt", "le", "gt", "ge", "==", "!=", "<", "<=", ">", ">=", "equalto",
)  # fmt: skip


class LimitError(ValueError):
    """A value or a loop grew beyond what a template may make."""


class Budget:
    """What one rendering may still make: values, and 64 characters of text for one value."""

    def __init__(self, left: int) -> None:
        self._whole = self._left = left

    def spend(self, parts: int) -> None:
        """Take `parts` off; raises LimitError where nothing is left."""
        self._left -= parts
        if self._left < 0:
            raise LimitError(f"this template makes more than {self._whole} values in all")


_BUDGET: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def bounded(parts: int) -> Iterator[None]:
    """Let everything that is computed within make no more than `parts` values together."""
    token = _BUDGET.set(Budget(parts))
    try:
        yield
    finally:
        _BUDGET.reset(token)


def _spend(parts: int) -> None:
    budget = _BUDGET.get()
    if budget is not None:
        budget.spend(parts)


def plain(value: Any) -> Json:
    """Return `value` as plain JSON data; raises TypeError or LimitError where it is none."""
    if type(value) is str and len(value) < _CHARACTERS:
        _spend(1)
        return value  # most of what there is
    count = [0]
    try:
        return _walk(value, count)
    finally:
        _spend(count[0])


def _walk(part: Any, count: list[int]) -> Json:
    count[0] += 1
    if count[0] > NODES:
        raise LimitError(f"a value holds more than {NODES} parts")
    if type(part) is str and len(part) < _CHARACTERS:
        return part
    if isinstance(part, str):
        return _text(part)
    if part is None or isinstance(part, bool):
        return part
    if isinstance(part, int):
        return _whole(part)
    if isinstance(part, Mapping):
        return {_key(key): _walk(inner, count) for key, inner in part.items()}
    if isinstance(part, list | tuple) or _lazy(part):
        return [_walk(inner, count) for inner in part]
    str(part)  # an undefined value explains itself here
    raise TypeError(f"a {type(part).__name__} cannot stand in a document")


def _lazy(value: Any) -> bool:
    return isinstance(value, Iterator | range) or type(value).__name__ in {
        "dict_keys", "dict_values", "dict_items",
    }  # fmt: skip


def _text(value: str) -> str:
    if len(value) > TEXT:
        raise LimitError(f"a text is longer than {TEXT} characters")
    _spend(len(value) // _CHARACTERS)
    return str(value)


def _whole(value: int) -> int:
    if abs(value) > WHOLE:
        raise LimitError("a number is beyond 2^53")
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} of a mapping must be text")
    return key


def iterable(values: Any) -> Iterable[Any]:
    """Return `values` where a loop may run over it: lists and what is made from them."""
    if isinstance(values, list | tuple) or _lazy(values):
        return values  # type: ignore[no-any-return]
    if isinstance(values, Mapping):
        return list(values)
    iter(values)  # an undefined value explains itself here
    raise TypeError(f"a loop runs over a list or a mapping, not over a {type(values).__name__}")


def names(value: Any) -> list[str]:
    """Return some of the keys of a mapping, for a message; empty for anything else."""
    if not isinstance(value, Mapping):
        return []
    known = sorted(str(key) for key in value)
    return known if len(known) <= NAMES_SHOWN else [*known[:NAMES_SHOWN], "…"]


def concatenate(parts: Iterable[Any]) -> str:
    """Return the parts of a `~` as one text; only text and integers have one form as text."""
    return _text("".join(as_text(part) for part in parts))


def as_text(value: Any) -> str:
    """Return the text of a text or an integer; raises TypeError for anything else."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    str(value)  # an undefined value explains itself here
    raise TypeError(f"a {type(value).__name__} has no text of its own; use to_json")


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Compute `left operator right` over integers; `+` also joins two lists."""
    if operator == "+" and isinstance(left, list) and isinstance(right, list):
        return plain([*left, *right])
    for side in (left, right):
        if isinstance(side, bool) or not isinstance(side, int):
            str(side)  # an undefined value explains itself here
            raise TypeError(f"`{operator}` computes with integers; use ~ to join text")
    return _whole(_OPERATORS[operator](left, right))


_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def bounded_range(*bounds: int) -> range:
    """Return Python's range, refused where it is longer than a value may be."""
    values = range(*bounds)
    if len(values) > NODES:
        raise LimitError(f"a range is longer than {NODES}")
    return values


def _join(values: Any, separator: str = "") -> str:
    parts = [as_text(value) for value in islice(iterable(values), NODES)]
    _spend(len(parts))
    return _text(separator.join(parts))


def _merge(first: Any, *others: Any) -> Json:
    """Return one mapping; what comes later wins, key by key."""
    return {key: value for part in (first, *others) for key, value in plain(part).items()}


def _entries(value: Any) -> list[list[Any]]:
    """Return [key, value] pairs of a mapping, sorted by key."""
    return [[key, part] for key, part in sorted(plain(value).items())]


def _to_json(value: Any) -> str:
    """Return canonical JSON, the same bytes for the same value (RFC 8785)."""
    return canonical(plain(value)).decode()


def _pretty(value: Any) -> str:
    """Return JSON for a file that people read: sorted keys, two spaces."""
    return _indented(plain(value), "\n")


_scalar = json.JSONEncoder(ensure_ascii=False).encode


def _indented(value: Json, line: str) -> str:
    """Write as `json.dumps` with `indent=2`, which takes five times as long; `line` begins one."""
    deeper = line + "  "
    if isinstance(value, dict) and value:
        parts = [
            f"{deeper}{_scalar(key)}: {_indented(part, deeper)}"
            for key, part in sorted(value.items())
        ]
        return f"{{{','.join(parts)}{line}}}"
    if isinstance(value, list) and value:
        return f"[{','.join([deeper + _indented(part, deeper) for part in value])}{line}]"
    return _scalar(value)


def _digest(value: Any) -> str:
    """Return 16 hexadecimal digits naming the value, for a checksum annotation."""
    return digest_bytes(canonical(plain(value)))[7:23]


def _sorted(values: Any) -> list[Any]:
    return sorted(plain(list(iterable(values))))


def _unique(values: Any) -> list[Any]:
    seen: dict[str, Any] = {}
    for value in plain(list(iterable(values))):
        seen.setdefault(_to_json(value), value)
    return list(seen.values())


FILTERS: dict[str, Callable[..., Any]] = {
    "digest": _digest,
    "entries": _entries,
    "join": _join,
    "list": lambda values: plain(list(islice(iterable(values), NODES))),
    "lower": lambda value: as_text(value).lower(),
    "measured": plain,
    "merge": _merge,
    "sort": _sorted,
    "text": as_text,
    "to_json": _to_json,
    "to_pretty_json": _pretty,
    "trim": lambda value: as_text(value).strip(),
    "unique": _unique,
    "upper": lambda value: as_text(value).upper(),
}
"""The product's own filters; the few of Jinja2 that stay are in JINJA_FILTERS."""
