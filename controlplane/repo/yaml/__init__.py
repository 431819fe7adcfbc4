"""YAML as this product reads it: a dialect without surprises, and the only home of YAML libraries.

Left out of YAML, each with an error of its own: anchors, aliases, merge keys, tags, directives,
keys that are not text, empty values, and plain scalars that readers understand differently.
`load` gives values; `locate` gives the places of fields and is asked when something is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controlplane.repo.yaml import fast, strict
from controlplane.repo.yaml.limits import DEFAULT, Limits
from controlplane.repo.yaml.strict import StrictDocument
from controlplane.repo.yaml.text import decode, too_large
from controlplane.values import Problem

__all__ = [
    "DEFAULT",
    "Limits",
    "Loaded",
    "LoadedDocument",
    "StrictDocument",
    "load",
    "places",
    "too_large",
]


@dataclass(frozen=True)
class LoadedDocument:
    """One document. `line` and `column` say where it begins.

    Where `faulty`, `value` is good for nothing but finding more problems, and where it is not
    `complete` either, for nothing but its name.
    """

    value: Any
    line: int
    column: int = 1
    faulty: bool = False
    complete: bool = True


@dataclass(frozen=True)
class Loaded:
    """A file: its documents in order and everything that is wrong with it as YAML."""

    documents: tuple[LoadedDocument, ...]
    problems: tuple[Problem, ...]


def load(data: bytes, path: str, limits: Limits = DEFAULT) -> Loaded:
    """Read a file. Nothing is raised for its content: what is wrong comes back as problems."""
    text, problems = decode(data, path, limits)
    if problems:
        return Loaded((), problems)
    quick = fast.load(text, limits)
    if quick is not None:
        return Loaded(tuple(LoadedDocument(value, line) for value, line in quick), ())
    documents, found = strict.load(text, path, limits)
    return Loaded(
        tuple(
            LoadedDocument(d.value, d.start[0], d.start[1], d.faulty, d.complete) for d in documents
        ),
        tuple(found),
    )


def places(data: bytes, path: str, limits: Limits = DEFAULT) -> list[StrictDocument]:
    """Read a file again for the places of its fields; as many documents as `load` gives."""
    text, problems = decode(data, path, limits)
    return [] if problems else strict.load(text, path, limits)[0]
