"""What all documents have in common that a template writes with the same turns taken.

Such documents are one text with tokens (`documents.py`), filled with values of their own. So where
they can differ is known before any value is: at the tokens, and where marking puts labels. All
other bytes of their canonical JSON are taken from the first one; what an object may not be is
looked for only where it can differ. A form holds nothing of any value that stood at a token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from controlplane.render import naming, objects
from evidence.canonical import Plain, canonical

Json = Any
_Way = tuple[str | int, ...]
_SHORT = 1024  # bytes of a value, such as the labels of all objects of a pack, that is kept


class Form:
    """One document of a text with tokens, before any value stands in it.

    `open` names, by identity, the containers of `body` that hold a token somewhere: all others are
    the same in every document. `unsure` are the places that must be mappings and may be something
    else in some document.
    """

    def __init__(self, body: Json, marker: str) -> None:
        self.body = body
        self._varies = frozenset(_varying(body, marker, ()))
        self.open = frozenset(_holders(body, self._varies))
        self.unsure = tuple(
            branch
            for branch in objects.BRANCHES
            if self._depends(branch) or not objects.is_branch(body, branch)
        )
        self._pieces: tuple[bytes | _Way, ...] = ()

    def _depends(self, way: tuple[str, ...]) -> bool:
        """Whether the value at a token decides what stands at `way`."""
        return any(way[: len(token)] == token for token in self._varies)

    def pieces(self, body: Mapping[str, Json]) -> tuple[bytes | _Way, ...]:
        """Return the canonical JSON of all marked documents, with a way wherever they can differ.

        `body` is one of them. Raises NotCanonicalError where it has no such form.
        """
        if not self._pieces:
            whole = any(map(self._depends, objects.DECIDING))
            cuts = frozenset({()}) if whole else self._varies | objects.MARKED
            self._pieces = tuple(_joined(_cut(body, cuts)))
        return self._pieces


class Filled:
    """A form with the values of one document, whoever's object it becomes."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.sound = False  # whether it was found to be without fault but for what it reaches
        self._pieces: tuple[bytes | _Way, ...] = ()
        self._asked = False

    def text(self, body: Mapping[str, Json]) -> bytes:
        """Return the canonical JSON of `body`: this document, marked, of an object that runs.

        Raises NotCanonicalError where it has none.
        """
        pieces = self._pieces or self.form.pieces(body)
        if self._asked and not self._pieces:  # a third time is likely
            known = (p if _marked(p) else _at(body, p) for p in pieces)
            self._pieces = pieces = tuple(_joined(known))
        self._asked = True
        return _glued([_at(body, piece) for piece in pieces])


def _marked(piece: bytes | _Way) -> bool:
    """Whether marking changes something of what stands at a way."""
    return any(marked[: len(piece)] == piece for marked in objects.MARKED)


def _varying(part: Json, marker: str, way: _Way) -> Iterator[_Way]:
    """Yield the ways to what holds a token: a scalar, or a mapping with one among its keys."""
    if isinstance(part, str):
        if marker in part:
            yield way
    elif isinstance(part, dict):
        if any(marker in key for key in part):
            yield way
            return
        for key, inner in part.items():
            yield from _varying(inner, marker, (*way, key))
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from _varying(inner, marker, (*way, index))


def _holders(body: Json, ways: Iterable[_Way]) -> Iterator[int]:
    """Yield the identity of every container on the way to a token, and of all below such keys."""
    for way in ways:
        part = body
        for step in way:
            yield id(part)
            part = part[step]
        yield from _containers(part)


def _containers(part: Json) -> Iterator[int]:
    if isinstance(part, dict | list):
        yield id(part)
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _containers(inner)


def _cut(body: Mapping[str, Json], cuts: frozenset[_Way]) -> Iterator[bytes | _Way]:
    """Yield the canonical JSON of `body` with a way in place of what stands at each of `cuts`."""
    above = {way[:length] for way in cuts for length in range(len(way))}

    def pieces(value: Json, way: _Way) -> Iterator[bytes | _Way]:
        if way in cuts:
            yield way
        elif way not in above or not isinstance(value, dict | list) or not value:
            yield canonical(value)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield Plain(b"," if index else b"[")
                yield from pieces(inner, (*way, index))
            yield Plain(b"]")
        else:
            for index, key in enumerate(sorted(value, key=_as_sorted)):
                yield Plain((b"," if index else b"{") + canonical(key) + b":")
                yield from pieces(value[key], (*way, key))
            yield Plain(b"}")

    return pieces(body, ())


def _as_sorted(key: str) -> bytes:
    """RFC 8785, section 3.2.3: keys are sorted by their UTF-16 code units."""
    return key.encode("utf-16-be", "surrogatepass")


def _joined(pieces: Iterable[bytes | _Way]) -> Iterator[bytes | _Way]:
    """Yield the same with all bytes between two ways as one."""
    text: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            text.append(piece)
            continue
        yield _glued(text)
        yield piece
        text.clear()
    yield _glued(text)


def _glued(pieces: list[bytes]) -> bytes:
    """Return pieces of one canonical text as one, `Plain` where each of them is."""
    text = b"".join(pieces)
    return Plain(text) if all(type(piece) is Plain for piece in pieces) else text


def _at(body: Mapping[str, Json], piece: bytes | _Way) -> bytes:
    """Return a piece that is bytes, or the canonical JSON of what stands at a way."""
    if isinstance(piece, bytes):
        return piece
    found: Json = body
    for step in piece:
        found = found[step]
    return _text(found)


def _text(value: Json) -> bytes:
    """Return the canonical JSON of what stands at a place that varies."""
    if isinstance(value, dict | list):
        try:
            data = naming.name(value)
        except ValueError:
            return canonical(value)
        if len(data) <= _SHORT:
            return _remembered(data)
    if type(value) is str and len(value) <= _SHORT:
        return _quoted(value)
    return canonical(value)


@lru_cache(maxsize=1024)
def _remembered(data: bytes) -> bytes:
    return canonical(naming.named(data))


@lru_cache(maxsize=1024)
def _quoted(value: str) -> bytes:
    return canonical(value)
