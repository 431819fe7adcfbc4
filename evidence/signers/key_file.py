"""A signer whose private key is a file that only its owner can read."""

from __future__ import annotations

from evidence.crypto import PrivateKey
from evidence.signers.base import Signer


class KeyFileSigner(Signer):
    """Signs with a private key held in memory, read from a key file."""

    def __init__(self, name: str, purpose: str, key: PrivateKey) -> None:
        super().__init__(name, purpose, key.public)
        self._key = key

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`."""
        return self._key.sign(message)
