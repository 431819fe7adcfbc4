"""The fast reader: rapidyaml for files that are surely in the dialect, None for all others.

Every line must match a small grammar (simple keys, plain or simply quoted values, short lists)
whose meaning no two readers dispute; everything else, right or wrong, is the strict reader's.
What rapidyaml still lets through (duplicate keys, empty values, inexact numbers) is caught while
its JSON is loaded. Tests compare the two readers on generated and on mutated documents.
"""

from __future__ import annotations

import json
import re
from typing import Any

import ryml

from controlplane.repo.yaml.limits import Limits

_MAX_INDENT = 40  # bounds the recursion inside rapidyaml; deeper files take the strict path
_MAX_LINE = 1000  # a key is not looked for beyond 1024 characters (YAML 1.2, section 7.4.2)

_STOP = r"(?![0-9A-Za-z_.:+\-/,@])"
_INTEGER = rf"-?(?:0|[1-9][0-9]{{0,14}}){_STOP}"
_UNIT = rf"[0-9]{{1,9}}(?:[smhdwMGTPk]|[KMGTP]i|ms){_STOP}"
_RELEASE = rf"[0-9]{{1,9}}\.[0-9]{{1,9}}\.[0-9]{{1,9}}{_STOP}"
_NUMBER = rf"(?:(?!-0){_INTEGER}|{_UNIT}|{_RELEASE})"
_QUOTED = r"(?:\"[^\"\\\n\t]*+\"|'[^'\n\t]*+')"
_TEXT = r"[A-Za-z_/](?:[^\s:#]|:(?=[^\s])|(?<=[^\s])\#|[ ](?=[^\s#]))*+"
_WORDS = r"[A-Za-z_/][\w./@+%$-]*+(?:[ ][\w./@+%$-]++)*+"
_ITEM = rf"(?:{_QUOTED}|{_NUMBER}|{_WORDS})"
_LIST = rf"\[(?:{_ITEM}(?:,[ ]{_ITEM})*+)?\]"
_VALUE = rf"(?:{_LIST}|\{{\}}|{_QUOTED}|{_NUMBER}|{_TEXT})"
_KEY = r"(?:[A-Za-z_][\w./-]*+|\"[A-Za-z0-9_][\w./-]*+\"|'[A-Za-z0-9_][\w./-]*+')"
_COMMENT = r"(?:[ ]++\#[^\n\t]*+)?[ ]*+"
_LINE = (
    rf"(?:[ ]{{0,{_MAX_INDENT}}}(?:-[ ])?{_KEY}:(?:[ ]++{_VALUE})?+{_COMMENT}"
    rf"|[ ]{{0,{_MAX_INDENT}}}-[ ]{_VALUE}{_COMMENT}"
    rf"|[ ]*+(?:\#[^\n\t]*+)?)\n"
)
_FILE = re.compile(rf"(?>{_LINE})++")

# Words without quotes that readers dispute, wherever they are a whole key or value. `null` is one
# here because rapidyaml does not tell it from a value that was left out.
_BEFORE = r"(?:^[ ]*+|[:,-][ ]+|\[)"
_DISPUTED = re.compile(
    rf"{_BEFORE}(?:(?i:y|n|yes|no|on|off|null)|(?!true|false)(?i:true|false))(?=[ ]*(?:$|[\],:#]))"
    rf"|{_BEFORE}(?:true|false):",
    re.MULTILINE,
)
_MARKER = re.compile(r"^---[ ]*(?:#[^\n]*)?\n", re.MULTILINE)


class _RefusedError(Exception):
    """The loaded JSON holds something that the strict reader must judge."""


def load(text: str, limits: Limits) -> list[tuple[Any, int]] | None:
    """Return (value, first line) of every document, or None where the strict reader must decide.

    None says nothing about whether the text is good. `text` has LF line ends.
    """
    parts = _split(text)
    if len(parts) > limits.documents or ("\n---" in text and len(parts) == 1):
        return None
    found = []
    for part, line in parts:
        value = _document(part)
        if value is None:
            return None
        found.append((value, line))
    return found


def _split(text: str) -> list[tuple[str, int]]:
    """Cut at `---` lines. A part without anything but comments, before the first, is dropped."""
    if "---" not in text:
        return [(text, 1)]
    parts, start, line = [], 0, 1
    for match in _MARKER.finditer(text):
        parts.append((text[start : match.start()], line))
        line += text.count("\n", start, match.end())
        start = match.end()
    parts.append((text[start:], line))
    if len(parts) > 1 and _blank(parts[0][0]):
        del parts[0]
    return parts


def _blank(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n"))


def _document(text: str) -> Any:
    if not text.endswith("\n"):
        text += "\n"
    if _FILE.fullmatch(text) is None or _DISPUTED.search(text) is not None:
        return None
    try:
        written = ryml.emit_json(ryml.parse_in_arena(text.encode()))
    except (ryml.ExceptionBasic, RuntimeError):
        return None
    if written is None or "null" in written:
        return None
    try:
        return json.loads(
            written, object_pairs_hook=_mapping, parse_float=_refuse, parse_constant=_refuse
        )
    except (_RefusedError, ValueError, RecursionError):
        return None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _RefusedError
    return mapping


def _refuse(text: str) -> None:
    raise _RefusedError
