"""What lies beside the logs of an evidence directory, each thing under the name of its content.

`objects/ab/cdef…`: envelopes and large payloads by SHA-256. `records/ab/cdef…`: the records of a
run by their Merkle root, one line each; beside them `cdef….N.pack`, the payloads of a run that has
many (see `evidence.packs`). `keys/<keyid>.json`: the public keys that signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence import records, shape
from evidence.canonical import Json, canonical, digest_bytes, read_canonical
from evidence.crypto import PublicKey
from evidence.disk import Disk, read
from evidence.errors import MalformedError
from evidence.signers.base import Signer

INLINE = 8192  # bytes of a payload that still lies in its run's records
LINE_LIMIT = INLINE + 8192  # bytes of one line of a run's records
OBJECT_LIMIT = records.PAYLOAD_LIMIT
RECORDS_LIMIT = 1 << 36  # bytes of the records of a run


def object_path(root: Path, digest: str) -> Path:
    """Return where the object named `digest` lies."""
    name = digest.removeprefix("sha256:")
    return root / "objects" / name[:2] / name[2:]


def records_path(root: Path, merkle_root: str) -> Path:
    """Return where the records with this Merkle root (hexadecimal) lie."""
    return root / "records" / merkle_root[:2] / merkle_root[2:]


def packs_path(root: Path, merkle_root: str, number: int) -> Path:
    """Return where a pack of payloads lies: beside the records that name them."""
    path = records_path(root, merkle_root)
    return path.with_name(f"{path.name}.{number}.pack")


def packs_of(root: Path, merkle_root: str) -> list[Path]:
    """Return the packs beside the records with this Merkle root."""
    path = records_path(root, merkle_root)
    return sorted(path.parent.glob(f"{path.name}.*.pack"))


def read_object(root: Path, digest: str, part: str) -> bytes:
    """Return the object's bytes, which are known to have this digest; raises MalformedError."""
    try:
        data = read(object_path(root, digest), part, OBJECT_LIMIT)
    except FileNotFoundError as error:
        raise MalformedError(part, f"{digest} is missing") from error
    if digest_bytes(data) != digest:
        raise MalformedError(part, f"{digest} has other content than its name says")
    return data


@dataclass(frozen=True)
class KnownKey:
    """A public key with the name and purpose its holder gave it."""

    name: str
    purpose: str
    public_key: PublicKey

    def to_json(self) -> dict[str, Json]:
        """Return the key as a JSON value."""
        return {
            "algorithm": self.public_key.algorithm,
            "keyid": self.public_key.keyid,
            "name": self.name,
            "publicKey": self.public_key.pem,
            "purpose": self.purpose,
        }

    @classmethod
    def from_json(cls, value: Json, part: str) -> KnownKey:
        """Return the key of a JSON value whose fields agree; raises MalformedError."""
        names = ("algorithm", "keyid", "name", "publicKey", "purpose")
        read = shape.fields(value, part, names)
        pem = shape.text(read["publicKey"], f"{part}.publicKey")
        key = PublicKey.read(pem, f"{part}.publicKey")
        if read["keyid"] != key.keyid:
            raise MalformedError(f"{part}.keyid", "is not the digest of the public key")
        if read["algorithm"] != key.algorithm:
            raise MalformedError(f"{part}.algorithm", f"the key is {key.algorithm}")
        name = shape.line(read["name"], f"{part}.name")
        return cls(name, shape.text(read["purpose"], f"{part}.purpose", shape.TOKEN), key)


def keep_key(root: Path, signer: Signer, disk: Disk) -> None:
    """Keep a signer's public key in the evidence directory, once."""
    path = root / "keys" / f"{signer.keyid}.json"
    if not path.exists():
        known = KnownKey(signer.name, signer.purpose, signer.public_key)
        disk.write(path, canonical(known.to_json()))


def kept_keys(root: Path) -> dict[str, KnownKey]:
    """Return the keys kept in an evidence directory by keyid; raises MalformedError."""
    found = {}
    for path in sorted((root / "keys").glob("*.json")):
        part = f"keys/{path.name}"
        data = read(path, part, LINE_LIMIT)
        key = KnownKey.from_json(read_canonical(data, part, limit=LINE_LIMIT), part)
        if path.stem != key.public_key.keyid:
            raise MalformedError(part, f"holds key {key.public_key.keyid}")
        found[key.public_key.keyid] = key
    return found


def named_line(record: records.Record) -> bytes:
    """Return the line of a record whose payload lies elsewhere."""
    return b'{"record":' + record.data + b"}\n"


def record_line(record: records.Record) -> tuple[bytes, bool]:
    """Return the line that holds a record, and whether its payload is in the line too."""
    if len(record.payload_bytes) > INLINE:
        return named_line(record), False
    return b'{"payload":' + record.payload_bytes + b',"record":' + record.data + b"}\n", True


@dataclass(frozen=True)
class StoredRecord:
    """A record as it was kept: `data` is the leaf, `payload` None where it is an object."""

    data: bytes
    record: dict[str, Json]
    payload: Json
    inline: bool


def stored_records(data: bytes, part: str) -> Iterator[StoredRecord]:
    """Yield the records of a run's file; raises MalformedError naming the line."""
    lines = data.split(b"\n")
    if lines[-1]:
        raise MalformedError(part, "ends in the middle of a record")
    for number, line in enumerate(lines[:-1]):
        place = f"{part}: record {number}"
        value = read_canonical(line, place, limit=LINE_LIMIT)
        inline = isinstance(value, dict) and "payload" in value
        read = shape.fields(value, place, ("payload", "record") if inline else ("record",))
        named = records.check(read["record"], place)
        payload = read.get("payload")
        if inline and digest_bytes(canonical(payload)) != named:
            raise MalformedError(f"{place}.payload", "is not what the record names")
        yield StoredRecord(canonical(read["record"]), read["record"], payload, inline)
