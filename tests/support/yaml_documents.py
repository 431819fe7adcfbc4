"""Generated YAML: documents in many styles, and mutants of them, for comparing two readers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

# Texts that some reader or other takes for something else.
TRAPS = [
    "no",
    "yes",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "N",
    "No",
    "NO",
    "true",
    "True",
    "TRUE",
    "false",
    "null",
    "Null",
    "~",
    "nan",
    "inf",
    ".inf",
    ".nan",
    "-.inf",
    "NaN",
    "1e3",
    "1E3",
    "012",
    "0o17",
    "0x1F",
    "0b1",
    "1_000",
    "1.5",
    "1.",
    ".5",
    "+1",
    "-0",
    "-1",
    "00",
    "0",
    "1",
    "12",
    "1:30",
    "10:30:00",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "=",
    "<<",
    "-",
    "--",
    "---",
    "...",
    "?",
    ":",
    ":a",
    "a:b",
    "a:",
    "&a",
    "*a",
    "!a",
    "!!str",
    "%a",
    "@a",
    "`a",
    "#",
    "a#b",
    "#a",
    "[",
    "]",
    "{",
    "}",
    ",",
    "a,b",
    "[]",
    "{}",
    "|",
    ">",
    "|-",
    ">-",
    "'",
    "''",
    '"',
    '""',
    "\\",
    "\\n",
    "a\\b",
    "1.2.3",
    "30d",
    "500m",
    "4Gi",
    "1e",
    "1k",
    "0d",
    "08d",
    "9007199254740991",
    "9007199254740992",
    "123456789012345678",
    "é",
    "ü🚀",
]
words = st.sampled_from(["a", "b", "name", "spec", "metadata", "x-y", "a.b/c", "eu west", "a b c"])
texts = st.one_of(words, st.sampled_from(TRAPS), st.text(max_size=8))
scalars = st.one_of(
    texts, st.integers(-20, 20), st.booleans(), st.none(), st.integers(), st.floats()
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def written(draw: st.DrawFn) -> str:
    """Return a document as somebody might write it: right, careless or odd."""
    value = draw(st.dictionaries(words, values, min_size=1, max_size=5))
    lines = _block(draw, value, 0)
    if draw(st.integers(0, 5)) == 0:
        lines.insert(
            draw(st.integers(0, len(lines))), draw(st.sampled_from(["---", "# c", "", "..."]))
        )
    return "\n".join(lines) + draw(st.sampled_from(["\n", "", "\n\n"]))


def _block(draw: st.DrawFn, value: Any, indent: int) -> list[str]:
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict) and value:
        for key, item in value.items():
            lines += _entry(draw, f"{pad}{_scalar(draw, key)}:", item, indent)
    elif isinstance(value, list) and value:
        for item in value:
            inner = _block(draw, item, indent + 2)
            lines += [f"{pad}- {inner[0].lstrip(' ')}", *inner[1:]]
    else:
        lines.append(pad + _flow(draw, value))
    return lines


def _entry(draw: st.DrawFn, head: str, item: Any, indent: int) -> list[str]:
    nested = isinstance(item, dict | list) and item and draw(st.integers(0, 3)) != 0
    if not nested:
        comment = draw(st.sampled_from(["", "", "", " # c", "#c", " "]))
        gap = draw(st.sampled_from([" ", " ", " ", "  ", "", "\t"]))
        return [f"{head}{gap}{_flow(draw, item)}{comment}"]
    step = draw(st.sampled_from([2, 2, 2, 4, 1, 0 if isinstance(item, list) else 2]))
    return [head, *_block(draw, item, indent + step)]


def _flow(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, dict):
        inner = (f"{_scalar(draw, key)}: {_flow(draw, item)}" for key, item in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(draw, item) for item in value) + "]"
    return _scalar(draw, value)


def _scalar(draw: st.DrawFn, value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    style = draw(st.integers(0, 4))
    if style == 0:
        return json.dumps(value, ensure_ascii=draw(st.booleans()))
    if style == 1:
        return "'" + value.replace("'", "''") + "'"
    return value or "''"


PIECES = (
    *TRAPS,
    " ",
    "  ",
    "\n",
    "\n ",
    "\n  ",
    ": ",
    "- ",
    ", ",
    "\n- ",
    "\n---\n",
    "key: ",
    "\r\n",
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return a document with a few pieces inserted, removed, repeated or moved."""
    text = draw(written())
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            text = text[:start] + draw(st.sampled_from(PIECES)) + text[start:]
        elif kind == 1:
            text = text[:start] + text[end:]
        elif kind == 2:
            text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
        else:
            text = text[:end] + text[start:end] + text[end:]
    return text


_INDENTS = ("", "", "", "  ", "  ", "    ", " ", "   ", "      ")
_KEYS = ("a", "b", "c", "name", "true", "no", '"a"', "'b'", "a-b", "x.y/z", "y")
_VALUES = (
    *("x", "hello world", "1", "30d", "1.2.3", "true", "[]", "{}", "[a, b]", "[1, no]", "[a: b]"),
    *(
        '"q"',
        '"q: # r"',
        "'s'",
        "https://a.b/c#d",
        "a:b",
        "a #b",
        "a# b",
        "x, y",
        "a]",
        "[a, b",
        "",
    ),
    *(
        "[a ,b]",
        "[ a]",
        "[a,b]",
        '["a", 1]',
        "[a, ]",
        "[[a]]",
        "a - b",
        "- a",
        "a: b",
        "x ",
        "[a] b",
    ),
    *(
        '"q" b',
        '"q"b',
        "'s''t'",
        "nan",
        "inf",
        "infinity",
        "NaN",
        "e5",
        "_1",
        "/x",
        "a\u2028b",
        "a\x85b",
    ),
    *(
        "null x",
        "no way",
        "yes",
        "[yes]",
        "True",
        "é",
        "a\u00a0b",
        "a\ufeffb",
        "a\tb",
        "-1",
        "-0",
        "0",
    ),
)


class Choose(Protocol):
    """Picks one of several values."""

    def __call__(self, options: Sequence[T], /) -> T: ...


# What a value between brackets or braces may look like, and what goes wrong there.
_PARTS = (
    *("a", "a b", "x-y", "1", "-1", "-0", "012", "30d", "10%", "12.50 EUR", "1.5", "1.2.3", "true"),
    *("no", "Yes", "null", "~", "", '"q"', "'s'", '"a, b"', "'}'", "a@b.c", "a:b", "a: b", "é x"),
    *("#c", "a #b", "a;b", "*a", "&a", "!t", "|", ">", "?", "-", "- a", "x,y", "nan", "1e3", "0x1"),
)
_BRACKETS = (("[", "]"), ("{", "}"), ("[", "]"), ("{", "}"), ("[ ", " ]"), ("{ ", " }"), ("{", "]"))


def flow(choose: Choose, depth: int = 0) -> str:
    """Return a list or a mapping in one line, right or nearly so, with others inside it."""
    opening, closing = choose(_BRACKETS)
    items = []
    for _ in range(choose((0, 1, 1, 2, 2, 3))):
        deeper = depth < 5 and choose((True, False, False))
        value = flow(choose, depth + 1) if deeper else choose(_PARTS)
        colon = choose((": ", ": ", ": ", ": ", ":", " : ", ":  "))
        items.append(f"{choose(_KEYS)}{colon}{value}" if "{" in opening else value)
    between = choose((", ", ", ", ", ", ", ", ",", " ,", ",  ", "; "))
    last = choose(("", "", "", "", "", ",", " "))
    return f"{opening}{between.join(items)}{last}{closing}"


_COMMENTS = ("", "", "", "", " # c", "  #c", "#c", " ")


def line(choose: Choose) -> str:
    """Return one line of a block, with an indentation that may or may not fit."""
    dash = choose(("", "", "", "- ", "- - ", "-  ", "-"))
    key = choose(_KEYS)
    entry = choose((f"{key}:", f"{key}: ", f"{key}: ", f"{key}: ", f"{key}:  ", f"{key} : ", ""))
    value = flow(choose) if choose((True, False, False)) else choose(_VALUES)
    whole = choose(_INDENTS) + dash + entry + value + choose(_COMMENTS)
    return choose(
        (whole, whole, whole, whole, whole, whole, whole, whole, "", "# c", "---", "...", "  # d")
    )


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """Return lines that each look right and may not fit together."""
    count = draw(st.integers(1, 6))
    return (
        "\n".join(line(lambda options: draw(st.sampled_from(options))) for _ in range(count)) + "\n"
    )
