"""Keys and signatures: the only module that imports `cryptography`.

Two algorithms: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256. An ECDSA signature (r, s) has
a second valid form (r, n-s); only the one with the smaller s (low-S) is made and accepted, and
only in its one DER encoding, so that a signature cannot be altered and still verify. ECDSA
signs without randomness (RFC 6979) where OpenSSL can: one key and message give one signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Literal, get_args

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from evidence.errors import KeyFileError, MalformedError

Algorithm = Literal["ed25519", "ecdsa-p256"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2

_Private = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
_Public = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey


@dataclass(frozen=True)
class PublicKey:
    """A public key in PEM (SubjectPublicKeyInfo, RFC 5280). `keyid` names it."""

    pem: str

    @classmethod
    def read(cls, pem: str, part: str) -> PublicKey:
        """Return the key; raises MalformedError unless `pem` is the one PEM form of it."""
        key = cls(pem)
        try:
            loaded = key._key
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedError(part, "is no Ed25519 or P-256 public key in PEM") from error
        if _pem(loaded) != pem:
            raise MalformedError(part, "is not the canonical PEM of its key")
        return key

    @classmethod
    def load(cls, pem: str, part: str) -> PublicKey:
        """Return the key of any PEM spelling, as a person may have pasted it."""
        try:
            return cls(_pem(_load_public(pem)))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise MalformedError(part, "is no Ed25519 or P-256 public key in PEM") from error

    @cached_property
    def _key(self) -> _Public:
        return _load_public(self.pem)

    @property
    def algorithm(self) -> Algorithm:
        """How the key signs."""
        return "ed25519" if isinstance(self._key, ed25519.Ed25519PublicKey) else "ecdsa-p256"

    @cached_property
    def keyid(self) -> str:
        """SHA-256 of the DER form, in hexadecimal."""
        der = self._key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return hashlib.sha256(der).hexdigest()

    @cached_property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key (RFC 8032)."""
        if not isinstance(self._key, ed25519.Ed25519PublicKey):
            raise MalformedError("key", "a log's key must be Ed25519 (C2SP signed-note)")
        return self._key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` is this key's, in its one accepted form, over `message`."""
        try:
            if isinstance(self._key, ed25519.Ed25519PublicKey):
                self._key.verify(signature, message)
                return True
            r, s = decode_dss_signature(signature)
            if s > P256_ORDER // 2 or encode_dss_signature(r, s) != signature:
                return False
            self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


class PrivateKey:
    """A private key. It has no text form but PEM, and never shows itself in a message."""

    def __init__(self, key: _Private) -> None:
        self._key = key
        self.public = PublicKey(_pem(key.public_key()))

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.keyid[:16]})"

    @classmethod
    def generate(cls, algorithm: Algorithm) -> PrivateKey:
        """Make a new key from the operating system's randomness."""
        if algorithm == "ed25519":
            return cls(ed25519.Ed25519PrivateKey.generate())
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, pem: bytes) -> PrivateKey:
        """Return the key in unencrypted PKCS#8 PEM; raises KeyFileError otherwise."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(
                "not an unencrypted PKCS#8 private key",
                remedy="make one with `cpctl keys init`",
            ) from error
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return cls(key)
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
            return cls(key)
        raise KeyFileError(
            "neither an Ed25519 nor a P-256 key", remedy="make one with `cpctl keys init`"
        )

    def pem(self) -> bytes:
        """Return PKCS#8 PEM, to be written to a file nobody else may read."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message` in its one accepted form."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        r, s = decode_dss_signature(self._key.sign(message, _ecdsa()))
        return encode_dss_signature(r, min(s, P256_ORDER - s))


def fixed_form(signature: bytes) -> bytes:
    """Return an ECDSA signature in DER as the 64 bytes that JWS has (RFC 7518, section 3.4)."""
    r, s = decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def der_form(signature: bytes) -> bytes:
    """Return the 64 bytes of a JWS signature as DER, with the smaller s, as `verifies` wants it.

    Others sign with either s. Raises MalformedError for anything but 64 bytes.
    """
    if len(signature) != 64:
        raise MalformedError("signature", "is not the 64 bytes of ES256")
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return encode_dss_signature(r, min(s, P256_ORDER - s) if s < P256_ORDER else s)


@cache
def _ecdsa() -> ec.ECDSA:
    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:  # OpenSSL before 3.2
        return ec.ECDSA(hashes.SHA256())


@lru_cache(maxsize=256)
def _load_public(pem: str) -> _Public:
    key = serialization.load_pem_public_key(pem.encode())
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise TypeError("neither Ed25519 nor P-256")


def _pem(key: _Public) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
