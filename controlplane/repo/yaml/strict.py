"""The strict reader: every error of a file at its line and column, and the place of every field.

Works on the events of ruamel.yaml's parser, which hold positions, styles, anchors and tags; the
values are built here, so that nothing is resolved, merged or constructed that the dialect leaves
out. After a syntax error reading goes on with the next document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from controlplane.repo.yaml import syntax
from controlplane.repo.yaml.limits import Limits
from controlplane.repo.yaml.plain import Ambiguous, resolve
from controlplane.repo.yaml.text import FORBIDDEN
from controlplane.values import FieldPath, Position, Problem

Mark = tuple[int, int]
_NEXT_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)


@dataclass
class StrictDocument:
    """One document: its value, where it begins, and where each of its fields stands.

    `keys` and `values` give (line, column), counted from 1, of each key and of each value.
    `faulty` says that problems were found in it, so that `value` is not to be relied on;
    `complete` that it was read to its end all the same.
    """

    value: Any = None
    start: Mark = (1, 1)
    keys: dict[FieldPath, Mark] = field(default_factory=dict)
    values: dict[FieldPath, Mark] = field(default_factory=dict)
    scalars: set[FieldPath] = field(default_factory=set)
    faulty: bool = False
    complete: bool = False

    def locate(self, path: FieldPath, *, key: bool = False) -> Mark:
        """Return where `path` stands: a scalar itself, otherwise its key; else what is nearest.

        With `key` the key is meant even where a scalar follows it.
        """
        for length in range(len(path), 0, -1):
            at = path[:length]
            whole = length == len(path)
            if at in self.values and at in self.scalars and whole and not key:
                return self.values[at]
            if at in self.keys:
                return self.keys[at]
            if at in self.values:
                return self.values[at]
        return self.start


@dataclass
class _Frame:
    """A mapping or sequence that is being read. `key` is the key whose value comes next."""

    path: FieldPath
    into: dict[str, Any] | list[Any]
    key: str | None = None
    key_mark: Any = None
    bracket: Any = None  # where it opened, if with `[` or `{`


class _GiveUpError(Exception):
    """This document cannot be read any further; its problem has been noted."""


class _StopError(Exception):
    """Nothing more of the file is read; the reason has been noted."""


def load(text: str, path: str, limits: Limits) -> tuple[list[StrictDocument], list[Problem]]:
    """Return the documents of `text` and every problem found, in the order of the file."""
    reader = _Reader(path, limits)
    offset = 0
    while True:
        try:
            stopped = reader.read(text[offset:])
        except _StopError:
            break
        following = None if stopped is None else _next_document(text, offset, stopped)
        if following is None:
            break
        reader.first_line += text.count("\n", offset, following)
        offset = following
    return reader.documents, reader.problems


def _next_document(text: str, offset: int, stopped: int) -> int | None:
    """Return the offset of the first `---` after skipping `stopped` lines from `offset`."""
    at = offset
    for _ in range(stopped):
        newline = text.find("\n", at)
        if newline < 0:
            return None
        at = newline + 1
    match = _NEXT_DOCUMENT.search(text, at)
    return None if match is None else match.start()


class _Reader:
    """Builds documents from events, until the end or until one cannot be read further."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.first_line = 1
        self.documents: list[StrictDocument] = []
        self.problems: list[Problem] = []
        self.frames: list[_Frame] = []
        self.count = 0

    def read(self, text: str) -> int | None:
        """Read `text`. Return how many lines it is done with if it had to stop, None at the end."""
        last = 0
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                last = event.start_mark.line
                self._event(event)
        except _GiveUpError:
            return self._done(last)
        except MarkedYAMLError as error:
            line, column, found = syntax.explain(error, self._bracket())
            self._note(line, column, found.code, found.message, found.remedy)
            if self.documents:
                self.documents[-1].faulty = True
            stopped = error.problem_mark.line if error.problem_mark is not None else line
            return self._done(int(max(last, stopped)))
        except (ValueError, OverflowError):  # ruamel's chr() of an escape such as \UFFFFFFFF
            message = "an escape in this document, here or below, names no character"
            self._note(last, 0, "yaml/escape", message, "write the characters themselves")
            return self._done(last)
        return None

    def _done(self, line: int) -> int:
        """Return the number of lines before the next document can begin.

        The line it stopped at may begin it, unless that line begins the document that failed.
        """
        begun = self.documents[-1].start[0] - self.first_line if self.documents else line
        return line if line > begun else line + 1

    def _bracket(self) -> Any:
        return self.frames[-1].bracket if self.frames else None

    def _note(self, line: int, column: int, code: str, message: str, remedy: str) -> None:
        """Note a problem at a place counted from 0, as ruamel counts."""
        position = Position(self.path, self.first_line + line, column + 1)
        self.problems.append(Problem(position, code, message, remedy))
        if self.frames or self.documents:
            self.documents[-1].faulty = True
        if len(self.problems) >= self.limits.problems:
            raise _StopError

    def _at(self, mark: Any, code: str, message: str, remedy: str) -> None:
        self._note(mark.line, mark.column, code, message, remedy)

    def _event(self, event: Any) -> None:
        if isinstance(event, DocumentStartEvent):
            self._begin(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._properties(event)
            self._open(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.frames.pop()
        elif isinstance(event, DocumentEndEvent):
            self.documents[-1].complete = True
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, ScalarEvent):
            self._properties(event)
            self._scalar(event)

    def _begin(self, event: Any) -> None:
        mark = event.start_mark
        if len(self.documents) == self.limits.documents:
            text = f"the file holds more than {self.limits.documents} documents"
            self._at(mark, "yaml/too-many-documents", text, "split it into several files")
            raise _StopError
        self.frames = []
        self.documents.append(StrictDocument(start=(self.first_line + mark.line, mark.column + 1)))
        if event.version is not None or event.tags:
            text = "directives (`%YAML`, `%TAG`) are not allowed"
            self._note(max(mark.line - 1, 0), 0, "yaml/directive", text, "remove the line")

    def _properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._at(
                event.start_mark,
                "yaml/anchor",
                f"anchors (`&{event.anchor}`) are not allowed",
                "write the value out where it is needed",
            )
        if event.tag is not None:
            self._at(
                event.start_mark,
                "yaml/tag",
                f"tags (`{str(event.tag)[:64]}`) are not allowed",
                "remove the tag; quote the value if it is text",
            )

    def _alias(self, event: Any) -> None:
        self._at(
            event.start_mark,
            "yaml/alias",
            f"aliases (`*{event.anchor}`) are not allowed",
            "write the value out where it is needed",
        )
        if self._expects_key():
            raise _GiveUpError
        self._place(event.start_mark, None, scalar=True)

    def _open(self, event: Any) -> None:
        mark = event.start_mark
        if self._expects_key():
            text = "a key must be text, not a list or a mapping"
            self._at(mark, "yaml/complex-key", text, "quote the key if it is meant as text")
            raise _GiveUpError
        if len(self.frames) >= self.limits.depth:
            text = f"nested deeper than {self.limits.depth} levels"
            self._at(mark, "yaml/too-deep", text, "flatten the document")
            raise _GiveUpError
        into: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        path = self._place(mark, into, scalar=False)
        bracket = mark if event.flow_style else None
        self.frames.append(_Frame(path, into, bracket=bracket))

    def _scalar(self, event: Any) -> None:
        self.count += 1
        if self.count > self.limits.scalars:
            text = f"the file holds more than {self.limits.scalars:,} values"
            self._at(event.start_mark, "yaml/too-many-values", text, "split it into several files")
            raise _StopError
        value = self._value(event)
        if self._expects_key():
            self._key(event.start_mark, value)
        else:
            self._place(self._where(event), value, scalar=True)

    def _value(self, event: Any) -> Any:
        text: str = event.value
        if len(text) > self.limits.scalar_length:
            message = f"a text of {len(text):,} characters; at most {self.limits.scalar_length:,}"
            self._at(
                event.start_mark, "yaml/text-too-long", message, "keep it in a file of its own"
            )
            return ""
        if event.style is not None:
            return self._quoted(event, text)
        if text == "":
            return self._empty(event)
        found = resolve(text)
        if isinstance(found, Ambiguous):
            self._at(event.start_mark, found.code, found.message, found.remedy)
            return text
        return found

    def _quoted(self, event: Any, text: str) -> str:
        if FORBIDDEN.search(text) or any("\ud800" <= character <= "\udfff" for character in text):
            message = "the escapes in this text give what cannot be seen, or half of a character"
            self._at(event.start_mark, "yaml/escape", message, "write the characters themselves")
            return ""
        return text

    def _empty(self, event: Any) -> None:
        """A key, an item or a document without anything: nobody can tell what was meant."""
        frame = self.frames[-1] if self.frames else None
        if frame is not None and frame.key is not None:
            what = f"`{frame.key}` has no value"
        elif frame is not None and isinstance(frame.into, dict):
            what = "a key is empty"
        else:
            what = "a list item is empty" if frame is not None else "the document is empty"
        remedy = "write a value (`[]` and `{}` are empty ones), or remove the line"
        self._at(self._where(event), "yaml/empty-value", what, remedy)

    def _where(self, event: Any) -> Any:
        """Return where a value stands; at its key if none is written, for YAML puts it later."""
        key = self.frames[-1].key_mark if self.frames and self.frames[-1].key is not None else None
        unwritten = event.value == "" and event.style is None
        return key if key and unwritten else event.start_mark

    def _expects_key(self) -> bool:
        frame = self.frames[-1] if self.frames else None
        return frame is not None and isinstance(frame.into, dict) and frame.key is None

    def _key(self, mark: Any, value: Any) -> None:
        frame = self.frames[-1]
        if not isinstance(value, str):
            key = "null" if value is None else str(value).lower()
            if value is not None:
                message = f"the key `{key}` is not text"
                self._at(mark, "yaml/key-not-text", message, f'quote it: "{key}"')
        else:
            key = value
        if isinstance(frame.into, dict) and key in frame.into:
            line = self.documents[-1].keys[(*frame.path, key)][0]
            message = f"`{key}` occurs twice here, first on line {line}"
            self._at(mark, "yaml/duplicate-key", message, "keep one of them")
        else:
            at = (self.first_line + mark.line, mark.column + 1)
            self.documents[-1].keys[(*frame.path, key)] = at
        frame.key, frame.key_mark = key, mark

    def _place(self, mark: Any, value: Any, *, scalar: bool) -> FieldPath:
        """Put a value where it belongs and return its path; of two equal keys the first counts."""
        document = self.documents[-1]
        path: FieldPath = ()
        if not self.frames:
            document.value = value
        else:
            frame = self.frames[-1]
            if isinstance(frame.into, list):
                path = (*frame.path, len(frame.into))
                frame.into.append(value)
            else:
                key = frame.key or ""
                path = (*frame.path, key)
                frame.into.setdefault(key, value)
                frame.key = None
        if path not in document.values:
            document.values[path] = (self.first_line + mark.line, mark.column + 1)
            if scalar:
                document.scalars.add(path)
        return path
