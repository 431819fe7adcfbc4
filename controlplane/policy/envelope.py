"""Builds the one thing a rule sees: the versioned envelope, as canonical bytes.

Pure: everything, the time included, comes in as a value. `docs/policies.md` describes the format,
which is a public contract: `apiVersion` changes when the meaning of a field does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.canonical import Json, canonical

API_VERSION = "controlplane.dev/envelope/v1"

NO_CHANGE: Mapping[str, Json] = {"operation": "none", "classes": [], "fields": []}


_LONG = 256  # bytes from which on a part stays by itself, so that it can be told when it returns


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JSON value as its canonical bytes, so that what many envelopes hold is written once.

    `parts` are the bytes in order; a long part that several values hold is one object in memory.
    """

    parts: tuple[bytes, ...]

    @property
    def text(self) -> bytes:
        """The canonical bytes."""
        return b"".join(self.parts)

    @classmethod
    def of(cls, value: Json | Encoded) -> Encoded:
        """Return a value's canonical form. Raises NotCanonicalError where there is none."""
        return value if isinstance(value, Encoded) else cls((canonical(value),))

    @classmethod
    def sequence(cls, items: Iterable[Json | Encoded]) -> Encoded:
        """Return the canonical form of a list."""
        parts = [b"["]
        for item in items:
            parts += [b"," if len(parts) > 1 else b"", *cls.of(item).parts]
        return cls(_joined([*parts, b"]"]))

    @classmethod
    def mapping(cls, members: Mapping[str, Json | Encoded]) -> Encoded:
        """Return the canonical form of an object; keys are ordered as RFC 8785 orders them."""
        parts = [b"{"]
        for key in _ordered(members):
            comma = b"," if len(parts) > 1 else b""
            parts += [comma, canonical(key), b":", *cls.of(members[key]).parts]
        return cls(_joined([*parts, b"}"]))


def _joined(parts: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the parts with the short ones put together."""
    found: list[bytes] = []
    short: list[bytes] = []
    for part in parts:
        if len(part) < _LONG:
            short.append(part)
        else:
            found += [b"".join(short), part]
            short = []
    return tuple(part for part in (*found, b"".join(short)) if part)


def _ordered(members: Mapping[str, Any]) -> list[str]:
    if all(key.isascii() for key in members):
        return sorted(members)
    return sorted(members, key=lambda key: key.encode("utf-16-be"))  # RFC 8785, section 3.2.3


@dataclass(frozen=True)
class Subject:
    """One thing to be judged, with all that a rule may need to know about it.

    `resource` and `references` are policy projections (`Resource.for_policy`): JSON without
    floats, or its canonical bytes. `references` maps kind → identity → projection.
    """

    kind: str
    name: str
    resource: Mapping[str, Json] | Encoded
    references: Mapping[str, Mapping[str, Json | Encoded]] | Encoded = field(default_factory=dict)
    change: Mapping[str, Json | Encoded] = field(default_factory=lambda: NO_CHANGE)

    @property
    def identity(self) -> str:
        """Return "Kind/name", as findings and records name it."""
        return f"{self.kind}/{self.name}"


def envelope(subject: Subject, facts: Mapping[str, Json], time: Json | None) -> Encoded:
    """Return one envelope, of which the canonical bytes (RFC 8785) are what is judged.

    `time` ({"text", "epochSeconds", "frozen", "upcoming"}) is given only to rules whose metadata
    asks for it, so that every other verdict can be cached for as long as its inputs stay the same.
    """
    value: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "subject": Encoded.mapping(
            {"kind": subject.kind, "name": subject.name, "resource": subject.resource}
        ),
        "references": encoded_references(subject.references),
        "change": Encoded.mapping(subject.change),
        "facts": facts,
    }
    if time is not None:
        value["time"] = time
    return Encoded.mapping(value)


def encoded_references(
    references: Mapping[str, Mapping[str, Json | Encoded]] | Encoded,
) -> Encoded:
    """Return references, some of which may be encoded, as one value."""
    if isinstance(references, Encoded):
        return references
    return Encoded.mapping({kind: Encoded.mapping(found) for kind, found in references.items()})
