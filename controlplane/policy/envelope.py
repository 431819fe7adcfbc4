"""Builds the one thing a rule sees: the versioned envelope, as canonical bytes.

Pure: everything, the time included, comes in as a value. `docs/policies.md` describes the format,
which is a public contract: `apiVersion` changes when the meaning of a field does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.canonical import Json, canonical

API_VERSION = "controlplane.dev/envelope/v1"

NO_CHANGE: Mapping[str, Json] = {"operation": "none", "classes": [], "fields": []}


@dataclass(frozen=True)
class Subject:
    """One thing to be judged, with all that a rule may need to know about it.

    `resource` and `references` are policy projections (`Resource.for_policy`): JSON without
    floats. `references` maps kind → identity → projection.
    """

    kind: str
    name: str
    resource: Mapping[str, Json]
    references: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    change: Mapping[str, Json] = field(default_factory=lambda: NO_CHANGE)

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
        "subject": {
            "kind": subject.kind,
            "name": subject.name,
            "resource": subject.resource,
        },
        "references": subject.references,
        "change": subject.change,
        "facts": facts,
    }
    if time is not None:
        value["time"] = time
    return canonical(value)
