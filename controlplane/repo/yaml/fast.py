"""The fast reader: rapidyaml for files that are surely in the dialect, None for all others.

Every line must match a small grammar (simple keys, plain or simply quoted values, lists and
mappings of one line) whose meaning no two readers dispute, and line up; everything else, right or
wrong, is the strict reader's. So rapidyaml sees nothing that it would reject, which it says on
stderr, or recurse into deeply. What it still lets through (duplicate keys, inexact numbers) is
caught while its JSON is loaded. Tests compare the two readers on generated and mutated documents.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import ryml

from controlplane.repo.yaml.limits import Limits

_MAX_INDENT = 40  # bounds the recursion inside rapidyaml; deeper files take the strict path
_MAX_LINE = 1000  # a key is not looked for beyond 1024 characters (YAML 1.2, section 7.4.2)
_PER_LINE = 2  # values that a line holds at most, not counting those between brackets and braces

_STOP = r"(?![0-9A-Za-z_.:+\-/,@])"
_INTEGER = rf"-?(?:0|[1-9][0-9]{{0,14}}){_STOP}"
_UNIT = rf"[0-9]{{1,9}}(?:[smhdwyMGTPk%]|[KMGTP]i|ms){_STOP}"
_RELEASE = rf"[0-9]{{1,9}}\.[0-9]{{1,9}}\.[0-9]{{1,9}}{_STOP}"
_MONEY = rf"[0-9]{{1,12}}\.[0-9]{{2}}[ ][A-Z]{{3}}{_STOP}"
_NUMBER = rf"(?:(?!-0){_INTEGER}|{_UNIT}|{_RELEASE}|{_MONEY})"
_QUOTED = r"(?:\"[^\"\\\n\t]*+\"|'[^'\n\t]*+')"
# `(?>(?:…)*)` is `(?:…)*+`, which Python before 3.11.5 gets wrong (python/cpython#106052).
_TEXT = r"[A-Za-z_/](?>(?:[^\s:#]|:(?=[^\s])|(?<=[^\s])\#|[ ](?=[^\s#]))*)"
_PHRASE = r"[A-Za-z_/][\w./@+%$;-]*+(?>(?:[ ][\w./@+%$;-]++)*)"
# Between brackets and braces a number ends where its item ends, and nowhere else.
_INSIDE = _NUMBER.replace(_STOP, r"(?=[,\]}])")
_ITEM = rf"(?:{_QUOTED}|{_INSIDE}|{_PHRASE})"
_NESTED = 3  # brackets and braces inside one another; deeper ones take the strict path


def _flow(depth: int) -> str:
    """Return the grammar of what may stand between brackets and braces of one line."""
    item = _ITEM if depth == 0 else rf"(?:{_ITEM}|{_flow(depth - 1)})"
    entry = rf"[A-Za-z_][\w./-]*+:[ ]{item}"
    return (
        rf"(?:\[(?:{item}(?>(?:,[ ]{item})*))?\]"
        rf"|\{{(?:{entry}(?>(?:,[ ]{entry})*))?\}})"
    )


_KEY = r"(?:[A-Za-z_][\w./-]*+|\"[A-Za-z0-9_][\w./-]*+\"|'[A-Za-z0-9_][\w./-]*+')"
_COMMENT = r"(?:[ ]++\#[^\n\t]*+)?[ ]*+"


@cache
def _file(nested: int) -> re.Pattern[str]:
    """Return the grammar of a file; compiled when it is first needed, deeper ones take longer."""
    value = rf"(?:{_flow(nested - 1)}|{_QUOTED}|{_NUMBER}|{_TEXT})"
    line = (
        rf"(?:[ ]{{0,{_MAX_INDENT}}}(?:-[ ])?{_KEY}:(?>(?:[ ]++{value})?){_COMMENT}"
        rf"|[ ]{{0,{_MAX_INDENT}}}-[ ]{value}{_COMMENT}"
        rf"|[ ]*+(?:\#[^\n\t]*+)?)\n"
    )
    return re.compile(rf"(?>(?>{line})+)")


_PARTS = re.compile(rf"^([ ]*)(-[ ])?({_KEY}:(?=[ ]|$))?[ ]*([^\s#][^\n]*)?", re.MULTILINE)

# Words without quotes that readers dispute, wherever they are a whole key or value. `null` is one
# here because rapidyaml does not tell it from a value that was left out, `nan` and `inf` because it
# takes them for numbers.
_WORDS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity")
)
_ITEMS = re.compile(r"[\[\]{},#]|:(?= )")
_TRUTH_AS_KEY = re.compile(r"(?:true|false): ")
_MARKER = re.compile(r"^---(?:[ ]+#[^\n]*|[ ]*)\n", re.MULTILINE)  # `---#` is text


class _RefusedError(Exception):
    """The loaded JSON holds something that the strict reader must judge."""


def load(text: str, limits: Limits) -> list[tuple[Any, int]] | None:
    """Return (value, first line) of every document, or None where the strict reader must decide.

    None says nothing about whether the text is good. `text` has LF line ends.
    """
    lines = text.split("\n")
    most = _PER_LINE * (len(lines) + text.count(",") + text.count("{") + text.count("["))
    if most > limits.scalars or max(map(len, lines)) > _MAX_LINE:
        return None
    parts = _split(text)
    if len(parts) > limits.documents or ("\n---" in text and len(parts) == 1):
        return None
    found = []
    for part, line in parts:
        value = _document(part, limits.depth - _NESTED)
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


def _document(text: str, depth: int) -> Any:
    if not text.endswith("\n"):
        text += "\n"
    if not any(_file(nested).fullmatch(text) for nested in (1, _NESTED)):
        return None
    if not _lines_up(text, depth):
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


def _lines_up(text: str, depth: int) -> bool:
    """Whether every line stands in a block that is open, says something, and is not disputed."""
    blocks: list[tuple[int, str]] = []
    waiting: int | None = -1  # the column of a key whose value must follow on deeper lines
    for indent, dash, key, value in _PARTS.findall(text):
        column = len(indent)
        if not dash and not key:
            continue
        kind = "-" if dash else ":"
        if waiting is not None:
            if column < waiting or (column == waiting and kind == ":"):
                return False
            blocks.append((column, kind))
        elif not _continues(blocks, column, kind):
            return False
        if dash and key:
            column += 2
            blocks.append((column, ":"))
        waiting = None if value else column
        if len(blocks) > depth or key[:-1].lower() in _WORDS or _disputed(value):
            return False
    return waiting is None


def _disputed(value: str) -> bool:
    """Whether a value, or a part of one between brackets, may be a word; sometimes too often."""
    if "[" in value or "{" in value or "#" in value:
        if _TRUTH_AS_KEY.search(value):
            return True
        return any(_is_word(item.strip(" ")) for item in _ITEMS.split(value))
    return _is_word(value.rstrip(" "))


def _is_word(text: str) -> bool:
    return text.lower() in _WORDS and text not in ("true", "false")


def _continues(blocks: list[tuple[int, str]], column: int, kind: str) -> bool:
    """Close blocks until the one that an entry at `column` continues; whether there is one."""
    while blocks and blocks[-1] != (column, kind):
        if blocks[-1][0] < column:
            return False
        blocks.pop()
    return bool(blocks)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise _RefusedError
    return mapping


def _refuse(text: str) -> None:
    raise _RefusedError
