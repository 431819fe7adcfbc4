"""Putting ruamel's syntax errors into words that say what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import MarkedYAMLError


@dataclass(frozen=True)
class Syntax:
    """What a syntax error is about. `pattern` matches ruamel's text: its context and problem.

    `opening` says that the error stands where the construct began, not where it was noticed.
    """

    pattern: re.Pattern[str]
    code: str
    message: str
    remedy: str
    opening: bool = False


def _row(pattern: str, code: str, message: str, remedy: str, *, opening: bool = False) -> Syntax:
    return Syntax(re.compile(pattern), f"yaml/{code}", message, remedy, opening)


_TABLE = (
    _row(
        r"'\\t' that cannot start",
        "tab",
        "a tab stands where only spaces may",
        "indent and separate with spaces",
    ),
    _row(
        "mapping values are not allowed",
        "unexpected-mapping",
        "`:` begins a value where none may stand",
        "quote the text if the colon belongs to it, otherwise check the indentation",
    ),
    _row(
        "quoted scalar.*unexpected (end of stream|document separator)",
        "unclosed-quote",
        "the quote that opens here is never closed",
        "close it",
        opening=True,
    ),
    _row(
        "unknown escape character",
        "unknown-escape",
        "a backslash that escapes nothing",
        r"write \\ for a backslash, or use single quotes",
    ),
    _row(
        "expected escape sequence",
        "unknown-escape",
        "an escape sequence that is not complete",
        r"write \xNN, \uNNNN or \UNNNNNNNN, or use single quotes",
    ),
    _row(
        "flow sequence.*expected ','",
        "unclosed-list",
        "the list that opens here is not closed",
        "add `]`, or the comma that is missing",
        opening=True,
    ),
    _row(
        "flow mapping.*expected ','",
        "unclosed-mapping",
        "the mapping that opens here is not closed",
        "add `}`, or the comma that is missing",
        opening=True,
    ),
    _row(
        "expected <block end>",
        "indentation",
        "this line does not line up with those it belongs to",
        "indent it like its siblings; a list and a mapping cannot stand side by side",
    ),
    _row(
        "could not find expected ':'",
        "missing-colon",
        "a key without `:`",
        "write `key: value`, or indent the line to continue the text above",
    ),
    _row(
        "that cannot start any token",
        "reserved-character",
        "this character may not begin a value",
        "quote the value",
    ),
    _row("found undefined alias", "alias", "an alias without anchor", "write the value out"),
    _row(
        "duplicate anchor|while scanning an (anchor|alias)",
        "anchor",
        "anchors and aliases are not allowed",
        "write the value out where it is needed",
    ),
    _row(
        "while (scanning|parsing) a (tag|directive)|undefined tag handle",
        "tag",
        "tags and directives are not allowed",
        "remove it",
    ),
    _row(
        "duplicate YAML directive|found incompatible YAML document",
        "directive",
        "directives (`%YAML`, `%TAG`) are not allowed",
        "remove the line",
    ),
    _row(
        "block (scalar|sequence)|chomping|indentation indicator",
        "block",
        "a block that is not well formed",
        "check the line with `|`, `>` or `-` and what is below",
    ),
)
_ENDED = re.compile(r"flow node.*<(?:stream end|document start|document end)>")
_UNCLOSED = _row(
    "", "unclosed-bracket", "the bracket that opens here is not closed", "close it with `]` or `}`"
)
_OTHER = _row(
    "", "syntax", "this is not YAML", "check indentation, quotes and brackets around here"
)


def explain(error: MarkedYAMLError, bracket: Any) -> tuple[int, int, Syntax]:
    """Return (line, column, what is wrong) of an error; line and column count from 0.

    `bracket` is the mark of the innermost `[` or `{` that is open, None where there is none.
    """
    text = f"{error.context or ''} {error.problem or ''}".replace("\n", " ")
    found = next((row for row in _TABLE if row.pattern.search(text)), _OTHER)
    mark = error.problem_mark or error.context_mark
    if bracket is not None and _ENDED.search(text):
        found, mark = _UNCLOSED, bracket
    elif found.opening and error.context_mark is not None:
        mark = error.context_mark
    return (0, 0, found) if mark is None else (int(mark.line), int(mark.column), found)
