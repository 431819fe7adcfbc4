"""Editing one field of a resource in its file, as a person would: the rest stays as it stands."""

from __future__ import annotations

from functools import partial
from typing import Any

from controlplane.repo import yaml
from controlplane.repo.errors import EditError
from controlplane.repo.yaml import roundtrip
from controlplane.values import FieldPath, dotted


def set_field(text: str, path: FieldPath, value: Any, document: int = 0) -> str:
    """Return `text` with the field at `path` set to a JSON value; comments and order stay.

    Mappings on the way are made; a list index one past the end appends. `document` counts from 0.
    Raises EditError where the text is not valid, or the path does not fit it.
    """
    if not path:
        raise EditError("a whole document cannot be set", remedy="name a field")
    return _edit(text, path, document, partial(roundtrip.put, path=path, value=value))


def remove_field(text: str, path: FieldPath, document: int = 0) -> str:
    """Return `text` without the field at `path`. Raises EditError where it is not there."""
    if not path:
        raise EditError("a whole document cannot be removed", remedy="remove the file")
    return _edit(text, path, document, partial(roundtrip.remove, path=path))


def _edit(text: str, path: FieldPath, document: int, apply: Any) -> str:
    before = values(text)
    if not 0 <= document < len(before):
        raise EditError(f"there is no document number {document}", remedy="count from 0")
    try:
        written = roundtrip.change(text, document, apply)
    except (KeyError, IndexError, TypeError) as error:
        raise EditError(
            f"there is no place for `{dotted(path)}` in this document",
            remedy="check the path against the file",
        ) from error
    after = values(written, "the result")
    untouched = [i for i in range(len(before)) if i != document]
    if len(after) != len(before) or any(before[i] != after[i] for i in untouched):
        raise EditError("the edit would change another document", remedy="edit the file by hand")
    return written


def values(text: str, what: str = "the file") -> list[Any]:
    """Return the values of the documents of a text. Raises EditError where it is not valid."""
    loaded = yaml.load(text.encode(), "")
    if loaded.problems:
        first = loaded.problems[0]
        place = f"{first.position.line}:{first.position.column}"
        raise EditError(f"{what} is not valid at {place}: {first.message}", remedy=first.remedy)
    return [document.value for document in loaded.documents]
