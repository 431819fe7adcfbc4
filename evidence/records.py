"""Records: the single facts of a run, each named by digest.

A record names its payload by digest, so that a record can be shown without its payload and
still be proven. What a payload holds is its author's matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from evidence import merkle, shape
from evidence.canonical import Json, canonical, digest_bytes

PAYLOAD_LIMIT = 16 << 20  # bytes of one payload
_FIELDS = ("kind", "payload", "subject", "summary")


@dataclass(frozen=True)
class Record:
    """One fact: a decision, a plan, a receipt. `summary` is one line for an auditor."""

    kind: str
    summary: str
    payload: Json
    subject: str = ""

    @cached_property
    def payload_bytes(self) -> bytes:
        """The canonical bytes of the payload."""
        return canonical(self.payload)

    @cached_property
    def payload_digest(self) -> str:
        """The digest of the payload's canonical bytes."""
        return digest_bytes(self.payload_bytes)

    @cached_property
    def data(self) -> bytes:
        """The canonical bytes of the record: one leaf of its run's Merkle list."""
        return canonical(self.to_json())

    @property
    def digest(self) -> str:
        """The digest of the record's canonical bytes."""
        return digest_bytes(self.data)

    def to_json(self) -> dict[str, Json]:
        """Return the record as a JSON value, its payload named by digest."""
        return {
            "kind": self.kind,
            "payload": self.payload_digest,
            "subject": shape.one_line(self.subject),
            "summary": shape.one_line(self.summary) or self.kind,
        }


@dataclass(frozen=True)
class PackedRecord(Record):
    """A record whose payload lies in a pack of its run; `payload` is None here."""

    packed: str = ""

    @property
    def payload_digest(self) -> str:
        """The digest by which the pack has the payload."""
        return self.packed


def check(value: Json, part: str) -> str:
    """Check the form of a record and return its payload's digest; raises MalformedError."""
    read = shape.fields(value, part, _FIELDS)
    shape.text(read["kind"], f"{part}.kind", shape.TOKEN)
    shape.line(read["summary"], f"{part}.summary")
    shape.line(read["subject"], f"{part}.subject", empty=True)
    return shape.text(read["payload"], f"{part}.payload", shape.SHA256)


def records_root(records: Iterable[bytes]) -> str:
    """Return the RFC 6962 tree hash over records' canonical bytes, in hexadecimal."""
    return merkle.root(merkle.leaf_hash(record) for record in records).hex()
