"""Small values every layer speaks of: where something stands in a file, and what is wrong there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FieldPath = tuple[str | int, ...]
"""The way from a document's root to one field: ("spec", "placements", 0, "target")."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file of the repository. `line` and `column` count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{on_one_line(self.path)}:{self.line}:{self.column}"


def on_one_line(name: str) -> str:
    """Return a name with escapes for what would end a line, or cannot be seen."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a file: its place, a stable code, its cause, and what to do about it."""

    position: Position
    code: str
    message: str
    remedy: str


def dotted(path: Sequence[str | int]) -> str:
    """Return a field path as people write it: `spec.placements[0].target`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
