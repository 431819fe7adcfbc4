"""Signed notes and checkpoints, after C2SP `signed-note` and `tlog-checkpoint`.

A checkpoint says how large a log is and what its root hash is, signed with the log's key. Ours
carry one Ed25519 signature, whose key name is the log's origin, and no extension lines.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from evidence import shape
from evidence.crypto import PublicKey
from evidence.errors import MalformedError
from evidence.signers.base import Signer

ED25519 = b"\x01"  # the signature type byte of C2SP signed-note
LIMIT = 4096  # bytes of one checkpoint


def key_hash(name: str, public_key: PublicKey) -> bytes:
    """Return the four bytes that name a key in a note: SHA-256(name ‖ LF ‖ 0x01 ‖ key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key.raw).digest()[:4]


def verifier_key(name: str, public_key: PublicKey) -> str:
    """Return the key as note tools take it: name+hash+base64(0x01 ‖ key)."""
    encoded = base64.b64encode(ED25519 + public_key.raw).decode()
    return f"{name}+{key_hash(name, public_key).hex()}+{encoded}"


@dataclass(frozen=True)
class Checkpoint:
    """A log's size and root hash at one moment."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """The note text, which is what is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n".encode()

    def sign(self, signer: Signer) -> bytes:
        """Return the signed note."""
        signature = key_hash(self.origin, signer.public_key) + signer.sign(self.text)
        line = f"\n— {self.origin} {base64.b64encode(signature).decode()}\n"
        return self.text + line.encode()


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint with its signature, as read; `verified_by` says whether it holds."""

    checkpoint: Checkpoint
    key_hash: bytes
    signature: bytes

    def verified_by(self, public_key: PublicKey) -> bool:
        """Whether the signature is that key's over this checkpoint."""
        if public_key.algorithm != "ed25519":
            return False
        return self.key_hash == key_hash(
            self.checkpoint.origin, public_key
        ) and public_key.verifies(self.signature, self.checkpoint.text)


def read(data: bytes, part: str) -> SignedCheckpoint:
    """Return the checkpoint of a signed note; raises MalformedError naming the line.

    Only the form that `Checkpoint.sign` writes is accepted, byte for byte.
    """
    if len(data) > LIMIT:
        raise MalformedError(part, f"{len(data)} bytes, more than the {LIMIT} allowed")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError(part, "is not UTF-8") from error
    if len(lines) != 6 or lines[3] or lines[5]:
        raise MalformedError(part, "must be three lines, an empty one, and one signature")
    origin = shape.text(lines[0], f"{part}.origin", shape.ORIGIN)
    if not lines[1].isascii() or not lines[1].isdecimal() or str(int(lines[1][:20])) != lines[1]:
        raise MalformedError(f"{part}.size", "must be a decimal number without leading zeros")
    root = shape.unbase64(lines[2], f"{part}.root")
    if len(root) != 32:
        raise MalformedError(f"{part}.root", "must be 32 bytes")
    prefix = f"— {origin} "
    if not lines[4].startswith(prefix):
        raise MalformedError(f"{part}.signature", "must be made in the name of the origin")
    signature = shape.unbase64(lines[4].removeprefix(prefix), f"{part}.signature")
    if len(signature) != 4 + 64:
        raise MalformedError(f"{part}.signature", "must be 4 + 64 bytes")
    return SignedCheckpoint(Checkpoint(origin, int(lines[1]), root), signature[:4], signature[4:])
