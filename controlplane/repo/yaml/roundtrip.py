"""Changing one field of somebody's YAML and leaving the rest, comments and quotes, as it stands.

Through ruamel.yaml's round-trip loader. The dialect is not checked here: whoever edits reads the
text with `load` first and the result again afterwards.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from controlplane.repo.yaml.write import scalar
from controlplane.values import FieldPath

Plain = Any  # a JSON value
_MARKER = re.compile(r"^---[ ]*(?:#[^\n]*)?\n", re.MULTILINE)
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)


def change(text: str, document: int, apply: Callable[[Any], None]) -> str:
    """Return `text` with one of its documents (from 0) changed in place by `apply`.

    Everything outside of that document stays byte for byte; line ends stay CRLF where they were.
    Raises IndexError for a document that is not there.
    """
    windows = "\r\n" in text
    parts = _parts(text.replace("\r\n", "\n"))
    at = [number for number, part in enumerate(parts) if _says_something(part)][document]
    loader = _loader(parts[at])
    value = loader.load(parts[at])
    apply(value)
    out = io.StringIO()
    loader.dump(value, out)
    written = "".join([*parts[:at], out.getvalue(), *parts[at + 1 :]])
    return written.replace("\n", "\r\n") if windows else written


def _parts(text: str) -> list[str]:
    """Cut into documents and the `---` lines between them; joined they are the text again."""
    parts, start = [], 0
    for match in _MARKER.finditer(text):
        parts += [text[start : match.start()], match[0]]
        start = match.end()
    return [*parts, text[start:]]


def _says_something(part: str) -> bool:
    lines = (line.strip() for line in part.split("\n"))
    return not _MARKER.match(part) and any(line and not line.startswith("#") for line in lines)


def _loader(text: str) -> YAML:
    loader = YAML(typ="rt", pure=True)
    loader.preserve_quotes = True
    loader.width = 1_000_000  # long lines stay whole
    indented = _lists_are_indented(text)
    loader.indent(mapping=2, sequence=4 if indented else 2, offset=2 if indented else 0)
    return loader


def _lists_are_indented(text: str) -> bool:
    """Whether the author indents lists below their key, judged by the first list there is."""
    lines = text.split("\n")
    for above, line in pairwise(lines):
        match = _ITEM.match(line)
        if match and above.rstrip().endswith(":"):
            column = len(above) - len(above.lstrip(" "))
            if above.lstrip(" ").startswith("- "):
                column += 2
            return len(match[1]) > column
    return True


def put(root: Any, path: FieldPath, value: Plain) -> None:
    """Set a field, making the mappings on the way. A list index may be one past the end.

    Raises KeyError, IndexError or TypeError where the path does not fit the document.
    """
    at = root
    for step, following in pairwise(path):
        if isinstance(at, CommentedMap) and step not in at:
            at[_commented(step)] = CommentedSeq() if isinstance(following, int) else CommentedMap()
        at = at[step]
    last = path[-1]
    if isinstance(at, CommentedSeq) and last == len(at):
        at.append(_commented(value))
    elif isinstance(at, CommentedMap | CommentedSeq):
        known = last in _keys(at)
        at[last if known else _commented(last)] = _like(at[last] if known else None, value)
    else:
        raise TypeError(f"{last!r} is no field of a {type(at).__name__}")


def _keys(container: CommentedMap | CommentedSeq) -> Any:
    return range(len(container)) if isinstance(container, CommentedSeq) else container


def remove(root: Any, path: FieldPath) -> None:
    """Remove a field. Raises KeyError, IndexError or TypeError where it is not there."""
    at = root
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]


def _like(old: Any, value: Plain) -> Any:
    """Return `value` quoted as the value it takes the place of, where that is possible."""
    if isinstance(value, str) and isinstance(old, str) and type(old) is not str:
        return type(old)(value)
    return _commented(value)


def _commented(value: Plain) -> Any:
    """Return a JSON value for writing; texts that could be misread are quoted."""
    if isinstance(value, dict):
        return CommentedMap({_commented(key): _commented(item) for key, item in value.items()})
    if isinstance(value, list):
        return CommentedSeq([_commented(item) for item in value])
    if isinstance(value, str) and scalar(value) != value:
        return DoubleQuotedScalarString(value)
    return value
