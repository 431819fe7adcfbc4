"""A plain value written as the YAML a person would type: block style, quotes where needed."""

from __future__ import annotations

import json
import re
from typing import Any

# Plain only where every version of YAML reads text: a letter first, nothing that could end it.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 ._/@+-]*(?<! )|\d+[A-Za-z%][A-Za-z0-9%]*|\d+\.\d+\.\d+")
_AMOUNT = re.compile(r"\d+(\.\d+)? [A-Z]{3}|sha256:[0-9a-f]{64}|https://[A-Za-z0-9._/-]+")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_EXPONENT = re.compile(r"\d+e\d+", re.IGNORECASE)


def snippet(value: Any, indent: int = 0) -> str:
    """Return `value` (plain JSON) as YAML lines, `indent` spaces deep, without a last newline."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "\n".join(_entry(key, item, indent) for key, item in value.items())
    if isinstance(value, list) and value:
        items = (snippet(item, indent + 2) for item in value)
        return "\n".join(f"{pad}- {text[indent + 2 :]}" for text in items)
    return pad + _scalar(value)


def _entry(key: str, value: Any, indent: int) -> str:
    pad = " " * indent
    if isinstance(value, dict | list) and value:
        return f"{pad}{_scalar(key)}:\n{snippet(value, indent + 2)}"
    return f"{pad}{_scalar(key)}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) or _AMOUNT.fullmatch(value)
    if plain and value.lower() not in _WORDS and not _EXPONENT.fullmatch(value):
        return value
    return "".join(map(_escaped, json.dumps(value, ensure_ascii=False)))


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"
