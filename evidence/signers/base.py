"""The port behind which every way to sign stands: a key file, a KMS, an HSM.

A signer holds one key and signs for one purpose. Implementations register under the entry point
group `controlplane.signers` (a callable from a location to a Signer); `tests/conformance/signer.py`
is the class each of them must pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from evidence.crypto import Algorithm, PublicKey


class Signer(ABC):
    """One key that signs for one purpose (`decide`, `apply`, `log`…)."""

    def __init__(self, name: str, purpose: str, public_key: PublicKey) -> None:
        self.name = name
        self.purpose = purpose
        self.public_key = public_key

    @property
    def keyid(self) -> str:
        """SHA-256 of the public key's DER form, in hexadecimal."""
        return self.public_key.keyid

    @property
    def algorithm(self) -> Algorithm:
        """How the key signs."""
        return self.public_key.algorithm

    @abstractmethod
    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`: raw Ed25519, or low-S ECDSA in DER.

        Raises EvidenceError where the key cannot be reached. Callable from several threads.
        """
