"""Who may ask, and on which addresses one may listen without knowing who asks. Pure."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence

from controlplane.errors import UsageError

MINIMUM_TOKEN_BYTES = 16
_TOKEN = re.compile(rb"[\x21-\x7e]+")


def tokens(content: bytes, name: str) -> tuple[bytes, ...]:
    """Return the tokens of a file, one a line, so that a new one can be let in beside the old.

    Raises UsageError for a file without any, or with one that is short or no single word.
    """
    found = tuple(line.strip() for line in content.splitlines() if line.strip())
    wrong = [n for n, t in enumerate(found, 1) if len(t) < MINIMUM_TOKEN_BYTES]
    wrong += [n for n, t in enumerate(found, 1) if not _TOKEN.fullmatch(t)]
    if not found or wrong:
        where = f"token {wrong[0]} of {name}" if wrong else name
        raise UsageError(
            f"{where} is not a token of at least {MINIMUM_TOKEN_BYTES} printable characters",
            remedy="write one token a line: `openssl rand -hex 32 > FILE; chmod 600 FILE`",
        )
    return found


def knows_token(headers: Mapping[str, str], known: Sequence[bytes]) -> bool:
    """Whether the request carries one of the tokens (RFC 6750), compared in constant time."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    offered = given.strip().encode("latin-1", "replace")
    matches = [hmac.compare_digest(offered, token) for token in known]
    return scheme.lower() == "bearer" and any(matches)


def require_safe(host: str, *, tls: bool, authenticated: bool, insecure: bool) -> None:
    """Raise UsageError for an address that others reach, without TLS or without knowing them."""
    if insecure or _is_loopback(host) or (tls and authenticated):
        return
    lacking = [] if tls else ["TLS (--tls-cert, --tls-key)"]
    lacking += [] if authenticated else ["authentication (--token-file or --client-ca)"]
    raise UsageError(
        f"{host} can be reached by others, and {' and '.join(lacking)} is missing",
        remedy="add it, listen on 127.0.0.1, or say --insecure where something else protects it",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
