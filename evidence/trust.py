"""Which keys count, for what and when: the trust set a verification is made against.

A trust set is JSON that somebody brings along by another way than the bundle; `cpctl keys trust`
writes it from TrustRoot resources. Decides whether a key counted at a moment; what it signed is
left to `evidence.judge`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from evidence import shape
from evidence.canonical import Json, canonical, unique_keys
from evidence.crypto import PublicKey
from evidence.errors import MalformedError

TRUST_FORMAT = "https://controlplane.dev/evidence/trust/v1"
LIMIT = 4 << 20  # bytes
KEYS = 10_000
_FIELDS = (
    "algorithm", "keyid", "name", "publicKey", "purpose",
    "revokedFrom", "roles", "validFrom", "validUntil",
)  # fmt: skip


@dataclass(frozen=True)
class TrustedKey:
    """A key that counts for one purpose. Times are RFC 3339 in UTC, "" for none."""

    name: str
    purpose: str
    public_key: PublicKey
    roles: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str = ""  # the first moment at which it no longer counts
    revoked_from: str = ""  # from when it no longer counts, although it was valid

    def objection(self, when: str) -> str:
        """Return why the key did not count at `when` (RFC 3339 in UTC), "" where it did."""
        if self.valid_from and when < self.valid_from:
            return f"the key counts only from {self.valid_from}"
        if self.valid_until and when >= self.valid_until:
            return f"the key counted only until {self.valid_until}"
        if self.revoked_from and when >= self.revoked_from:
            return f"the key is revoked from {self.revoked_from}"
        return ""

    def words(self) -> str:
        """Return the key as a person reads it: name, id, purpose, roles, validity."""
        roles = f", role {' and '.join(self.roles)}" if self.roles else ""
        begin, end = self.valid_from or "always", self.valid_until or "no end"
        revoked = f", revoked from {self.revoked_from}" if self.revoked_from else ""
        return (
            f'key "{self.name}" ({self.public_key.keyid[:16]}…, {self.public_key.algorithm}, '
            f"for {self.purpose}{roles}, valid from {begin} to {end}{revoked})"
        )

    def to_json(self) -> dict[str, Json]:
        """Return the key as a JSON value."""
        return {
            "algorithm": self.public_key.algorithm,
            "keyid": self.public_key.keyid,
            "name": self.name,
            "publicKey": self.public_key.pem,
            "purpose": self.purpose,
            "revokedFrom": self.revoked_from,
            "roles": list(self.roles),
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
        }

    @classmethod
    def from_json(cls, value: Json, part: str) -> TrustedKey:
        """Return the key of a JSON value; raises MalformedError naming the field."""
        read = shape.fields(value, part, _FIELDS)
        key = PublicKey.read(
            shape.text(read["publicKey"], f"{part}.publicKey"), f"{part}.publicKey"
        )
        for name, actual in (("keyid", key.keyid), ("algorithm", key.algorithm)):
            if read[name] != actual:
                raise MalformedError(f"{part}.{name}", f"the public key's is {actual}")
        times = [
            _time(read[name], f"{part}.{name}")
            for name in ("validFrom", "validUntil", "revokedFrom")
        ]
        roles = shape.items(read["roles"], f"{part}.roles", 100)
        return cls(
            shape.line(read["name"], f"{part}.name"),
            shape.text(read["purpose"], f"{part}.purpose", shape.TOKEN),
            key,
            tuple(shape.text(role, f"{part}.roles", shape.TOKEN) for role in roles),
            *times,
        )


@dataclass(frozen=True)
class TrustSet:
    """The keys that count, by keyid."""

    keys: Mapping[str, TrustedKey]

    @classmethod
    def of(cls, keys: Iterable[TrustedKey]) -> TrustSet:
        """Build a set; raises MalformedError where one key stands in it twice.

        A key that stood for two purposes would not tell what was meant by a signature.
        """
        found: dict[str, TrustedKey] = {}
        for key in keys:
            if found.setdefault(key.public_key.keyid, key) is not key:
                raise MalformedError(f"key {key.name}", "is in the trust set twice")
        return cls(found)

    @classmethod
    def read(cls, data: bytes) -> TrustSet:
        """Return the trust set of JSON text; raises MalformedError naming the field."""
        if len(data) > LIMIT:
            raise MalformedError("trust", f"is larger than {LIMIT} bytes")
        try:
            value = json.loads(data.decode("utf-8"), object_pairs_hook=unique_keys)
        except (ValueError, RecursionError) as error:
            raise MalformedError("trust", f"is not JSON: {error}") from error
        read = shape.fields(value, "trust", ("format", "keys"))
        if read["format"] != TRUST_FORMAT:
            raise MalformedError("trust.format", f"must be {TRUST_FORMAT}")
        keys = shape.items(read["keys"], "trust.keys", KEYS)
        return cls.of(TrustedKey.from_json(key, f"trust.keys[{i}]") for i, key in enumerate(keys))

    def to_bytes(self) -> bytes:
        """Return the canonical JSON of the set, ending in a newline."""
        keys = [key.to_json() for _, key in sorted(self.keys.items())]
        return canonical({"format": TRUST_FORMAT, "keys": keys}) + b"\n"


def _time(value: Json, part: str) -> str:
    """Return a time as it was written, "" for none."""
    if value != "":
        shape.moment(value, part)
    return str(value)


def too_late(when: str, now: datetime) -> bool:
    """Whether `when` (RFC 3339 in UTC) lies in the future, clocks being five minutes apart."""
    return (shape.moment(when, "time") - now).total_seconds() > 300
