"""Samples in which one thing is otherwise, in the ways in which a rule could be talked to silence.

Decides where an envelope is changed and how. A place is passed over where a rule says the same of a
value that is gone and of one of another type: that value is no part of why it denies. Whether a
mutant can come about is left to `mutant_resources`.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
PARTS = ("subject", "references", "change", "facts", "time")

# Members whose names are texts that people choose; any other name is a field of a schema.
FREE = frozenset({
    "annotations", "binaryData", "config", "data", "labels", "limits", "matchLabels",
    "nodeSelector", "requests", "stringData",
})  # fmt: skip
# Letters of Cyrillic that look like letters of ours.
_ALIKE = dict(
    zip(
        "acehiopsxyABCEHKMOPTX",
        "\u0430\u0441\u0435\u04bb\u0456\u043e\u0440\u0455\u0445\u0443"
        "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425",
        strict=True,
    )
)
_WIDE = {letter: letter + 0xFEE0 for letter in range(0x21, 0x7F)}  # NFKC takes them for ours
_GONE: Any = object()
_SHORT = tuple(
    (re.compile(long), short)
    for long, short in (
        (r"^subject\.resource\.", ""),
        (r"^objects\[\]\.spec\.template\.spec", "pod"),
        (r"^pod\.(initC|c)ontainers\[\]", "container"),
        (r"^objects\[\]", "object"),
    )
)


@dataclass(frozen=True)
class Mutant:
    """An envelope that differs from a sample at `path`, in the way called `kind`."""

    path: Path
    kind: str
    envelope: Any

    @property
    def field(self) -> str:
        """The path in few words, without what differs from sample to sample."""
        steps = ["[]" if isinstance(step, int) else step for step in self.path]
        if steps[0] == "references" and len(steps) > 2:
            steps[2] = "*"
        text = ".".join(steps).replace(".[]", "[]")
        for long, short in _SHORT:
            text = long.sub(short, text)
        return text


class Mutants:
    """The mutants of samples in which one rule finds the same.

    `reads` tells of an envelope whether the rule answers otherwise than to the sample. What is passed
    over in one sample is in the next, where the same stands there.
    """

    def __init__(self) -> None:
        self._unread: set[tuple[str, str]] = set()

    def of(self, sample: Any, reads: Callable[[Any], bool]) -> Iterator[Mutant]:
        """Yield the mutants of an envelope at every place that is read."""
        for part in PARTS:
            if part in sample:
                yield from self._below(sample, (part,), reads)

    def _below(self, sample: Any, path: Path, reads: Callable[[Any], bool]) -> Iterator[Mutant]:
        value = at(sample, path)
        if not self._is_read(sample, path, value, reads):
            return
        for kind, new in _others(value):
            if new != value or type(new) is not type(value):
                yield Mutant(path, kind, put(sample, path, new))
        if is_scalar(value):
            return
        if isinstance(value, dict):
            for key in value:
                if path[-1] in FREE:
                    yield from _renamed(sample, path, key)
                yield from self._below(sample, (*path, key), reads)
        elif isinstance(value, list):
            for index in range(len(value)):
                yield from self._below(sample, (*path, index), reads)

    def _is_read(self, sample: Any, path: Path, value: Any, reads: Callable[[Any], bool]) -> bool:
        known = (Mutant(path, "", None).field, json.dumps(value))
        if known in self._unread:
            return False
        if any(reads(put(sample, path, new)) for new in (_GONE, _other_type(value))):
            return True
        self._unread.add(known)
        return False


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (kind, new value) for what may stand in place of a value."""
    yield "gone", _GONE
    yield "null", None
    yield "type", _other_type(value)
    if isinstance(value, str | list | dict):
        yield "empty", type(value)()
    if isinstance(value, list):
        yield "twice", [each for each in value for _ in range(2)]
        yield "reversed", value[::-1]
    if isinstance(value, str):
        yield from _texts(value)


def _other_type(value: Any) -> Any:
    match value:
        case bool() | None:
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return int(value) if value.isascii() and value.isdigit() else [value]
        case list():
            return {str(index): each for index, each in enumerate(value)}
    return list(value.values())


def _texts(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for every twin of a text."""
    yield "upper", text.upper()
    yield "lower", text.lower()
    yield "blank before", f" {text}"
    yield "blank after", f"{text} "
    yield "quoted", f'"{text}"'
    yield "wide", text[:1].translate(_WIDE) + text[1:]
    alike = (text.replace(letter, _ALIKE[letter], 1) for letter in text if letter in _ALIKE)
    yield "look-alike", next(alike, text)
    yield "zero before", f"0{text}" if text[:1].isdigit() else text


def _renamed(sample: Any, path: Path, key: str) -> Iterator[Mutant]:
    value = at(sample, path)
    for kind, name in _texts(key):
        if name not in value:
            renamed = {name if each == key else each: member for each, member in value.items()}
            yield Mutant((*path, key), f"named {kind}", put(sample, path, renamed))


def is_scalar(value: Any) -> bool:
    """Whether this is the projection of a text together with the number that it means."""
    return isinstance(value, dict) and isinstance(value.get("text"), str) and len(value) > 1


def at(document: Any, path: Path) -> Any:
    """Return what stands at a path."""
    for step in path:
        document = document[step]
    return document


def put(document: Any, path: Path, value: Any) -> Any:
    """Return the document with another value at a path, or without one; the rest is shared."""
    changed = copy.copy(document)
    step: Any = path[0]
    if len(path) > 1:
        changed[step] = put(document[step], path[1:], value)
    elif value is _GONE:
        del changed[step]
    else:
        changed[step] = value
    return changed
