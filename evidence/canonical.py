"""One byte sequence per value: canonical JSON and the digests that name it.

RFC 8785 (JSON Canonicalization Scheme). Every digest of a record, a decision or a desired
object in this product is taken over these bytes, so that two machines name one value alike.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

from evidence.errors import EvidenceError

Json = Any  # a JSON value: None, bool, int, str, list[Json] or dict[str, Json]


class NotCanonicalError(EvidenceError):
    """A value has no canonical form (a float that is not finite, a key that is no string…)."""


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 form of `value`, UTF-8.

    Raises NotCanonicalError where there is none.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise NotCanonicalError(
            f"value has no canonical JSON form: {error}",
            remedy="use strings, integers below 2^53, booleans, lists and string-keyed objects",
        ) from error


def digest_bytes(data: bytes) -> str:
    """Return `sha256:` and 64 lower-case hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest(value: Json) -> str:
    """Return the digest of the canonical form of `value`."""
    return digest_bytes(canonical(value))
