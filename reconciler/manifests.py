"""How objects are named and written down: one stable id each, one sequence of YAML bytes each.

The YAML is written here rather than by a library, so that its bytes, and with them the digests
in an inventory, never change because a dependency did. Only what JSON can say is written: block
style, keys sorted after apiVersion, kind and metadata, strings plain only where no YAML version
could read them as anything else.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Json = Any

_FIRST: Final = ("apiVersion", "kind", "metadata")
_PLAIN: Final = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./@-]|:(?=[A-Za-z0-9_/])| (?=[A-Za-z0-9_/]))*")
# What some version of YAML reads as a truth value, nothing or a number.
_RESERVED: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_INVISIBLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BLOCK_LINE: Final = re.compile(
    r"(?:[^\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff][ -~\xa0-\ud7ff]*)?"
)
_LONG_KEY: Final = 1000  # YAML allows 1024 characters for a key written in front of its colon


def manifest_id(body: Mapping[str, Json]) -> str:
    """Return `<apiVersion>/<kind>/<namespace or _>/<name>` of an object that has these fields."""
    metadata = body["metadata"]
    namespace = metadata.get("namespace") or "_"
    return f"{body['apiVersion']}/{body['kind']}/{namespace}/{metadata['name']}"


def to_yaml(body: Mapping[str, Json]) -> bytes:
    """Return the one YAML document that says `body`, UTF-8, with a newline at its end.

    `body` is a JSON value: string keys, no float that is not finite (a ValueError).
    """
    return ("\n".join(_lines(body, "")) + "\n").encode()


def _lines(value: Json, indent: str) -> Iterator[str]:
    """Yield the lines of a value that starts on a line of its own."""
    if isinstance(value, Mapping) and value:
        for key in sorted(value, key=_rank):
            yield from _entry(_head(key, indent), value[key], indent)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from _item(item, indent)
    else:
        yield indent + _scalar(value)


def _entry(head: str, value: Json, indent: str) -> Iterator[str]:
    """Yield the lines of one key and its value."""
    if isinstance(value, Mapping) and value:
        yield head
        yield from _lines(value, indent + "  ")
    elif isinstance(value, list | tuple) and value:
        yield head
        yield from _lines(value, indent)
    elif isinstance(value, str) and (block := _block(value)):
        yield f"{head} {block}"
        yield from (f"{indent}  {line}" if line else "" for line in _block_lines(value))
    else:
        yield f"{head} {_scalar(value)}"


def _item(item: Json, indent: str) -> Iterator[str]:
    """Yield the lines of one element of a list, its first line behind the dash."""
    if not isinstance(item, Mapping | list | tuple) or not item:
        yield from _entry(f"{indent}-", item, indent)
        return
    lines = _lines(item, indent + "  ")
    yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
    yield from lines


def _rank(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)


def _head(key: str, indent: str) -> str:
    text = _string(key)
    return f"{indent}? {text}\n{indent}:" if len(text) > _LONG_KEY else f"{indent}{text}:"


def _scalar(value: Json) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _number(value: float) -> str:
    """YAML 1.1 takes a number with an exponent and no point for a string."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written")
    mantissa, exponent, power = repr(value).partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"
    sign = "" if not exponent or power[0] in "+-" else "+"
    return f"{mantissa}{exponent}{sign}{power}"


def _string(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _block(text: str) -> str:
    """Return the header of a literal block; empty where the text must be quoted instead."""
    lines = text.split("\n")
    if len(lines) < 2 or lines[0][:1] in {"", " "} or not all(_literal(line) for line in lines):
        return ""
    if not text.endswith("\n"):
        return "|-"
    return "|" if lines[-2] else "|+"


def _literal(line: str) -> bool:
    """Whether a line stands in a literal block as it is; indentation inside is fine."""
    return not line.endswith(" ") and bool(_BLOCK_LINE.fullmatch(line.lstrip(" ")))


def _block_lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")
