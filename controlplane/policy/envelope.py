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


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JSON value as its canonical bytes, so that what many envelopes hold is written once."""

    text: bytes

    @classmethod
    def of(cls, value: Json | Encoded) -> Encoded:
        """Return a value's canonical form. Raises NotCanonicalError where there is none."""
        return value if isinstance(value, Encoded) else cls(canonical(value))

    @classmethod
    def sequence(cls, items: Iterable[Json | Encoded]) -> Encoded:
        """Return the canonical form of a list."""
        return cls(b"[" + b",".join(cls.of(item).text for item in items) + b"]")

    @classmethod
    def mapping(cls, members: Mapping[str, Json | Encoded]) -> Encoded:
        """Return the canonical form of an object; keys are ordered as RFC 8785 orders them."""
        parts = (canonical(key) + b":" + cls.of(members[key]).text for key in _ordered(members))
        return cls(b"{" + b",".join(parts) + b"}")


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


def envelope(subject: Subject, facts: Mapping[str, Json], time: Json | None) -> bytes:
    """Return the canonical bytes (RFC 8785) of one envelope.

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
    return Encoded.mapping(value).text


def encoded_references(
    references: Mapping[str, Mapping[str, Json | Encoded]] | Encoded,
) -> Encoded:
    """Return references, some of which may be encoded, as one value."""
    if isinstance(references, Encoded):
        return references
    return Encoded.mapping({kind: Encoded.mapping(found) for kind, found in references.items()})
