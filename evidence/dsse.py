"""DSSE envelopes: what exactly is signed, and how it is wrapped.

The Dead Simple Signing Envelope, protocol version 1. Ours hold exactly one signature, and their
bytes are canonical JSON, so that one envelope has one digest.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property

from evidence import shape
from evidence.canonical import Json, canonical, digest_bytes, read_canonical
from evidence.errors import MalformedError
from evidence.signers.base import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LIMIT = 1 << 20  # bytes of one envelope


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding, the bytes a signature is made over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True)
class Envelope:
    """One signed payload."""

    payload: bytes
    keyid: str
    signature: bytes

    @classmethod
    def sign(cls, payload: bytes, signer: Signer) -> Envelope:
        """Sign `payload` as an in-toto statement."""
        return cls(payload, signer.keyid, signer.sign(pae(PAYLOAD_TYPE, payload)))

    @classmethod
    def read(cls, data: bytes, part: str) -> Envelope:
        """Return the envelope of canonical bytes; raises MalformedError."""
        return cls.from_json(read_canonical(data, part, limit=LIMIT), part)

    @classmethod
    def from_json(cls, value: Json, part: str) -> Envelope:
        """Return the envelope of a JSON value; raises MalformedError naming the field."""
        outer = shape.fields(value, part, ("payload", "payloadType", "signatures"))
        if outer["payloadType"] != PAYLOAD_TYPE:
            raise MalformedError(f"{part}.payloadType", f"must be {PAYLOAD_TYPE}")
        signatures = shape.items(outer["signatures"], f"{part}.signatures", 1)
        if len(signatures) != 1:
            raise MalformedError(f"{part}.signatures", "must hold exactly one signature")
        inner = shape.fields(signatures[0], f"{part}.signatures[0]", ("keyid", "sig"))
        return cls(
            payload=shape.unbase64(outer["payload"], f"{part}.payload"),
            keyid=shape.text(inner["keyid"], f"{part}.signatures[0].keyid"),
            signature=shape.unbase64(inner["sig"], f"{part}.signatures[0].sig"),
        )

    def to_json(self) -> dict[str, Json]:
        """Return the envelope as a JSON value."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
        }

    @cached_property
    def data(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.to_json())

    @cached_property
    def digest(self) -> str:
        """The digest of the canonical bytes, as a log entry names it."""
        return digest_bytes(self.data)

    @property
    def signed(self) -> bytes:
        """The bytes the signature was made over."""
        return pae(PAYLOAD_TYPE, self.payload)
