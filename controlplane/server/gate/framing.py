"""Whether the head of a request can be read in one way only, and which path it asks for. Pure.

Who stands before the gate (a proxy, a balancer) must see the requests that the gate sees: where
two readers could disagree about where one ends or whom it is for, it is refused (RFC 9112, 3.2 and
11.2). Lengths that contradict each other are refused by the parser already.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

ONCE: Final = frozenset({"authorization", "content-length", "host", "transfer-encoding"})
"""Headers of which a second one is a contradiction, or could be."""

_VERSIONS: Final = ("1.0", "1.1")
_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
"""RFC 9110, 9, and RFC 5789. The parser knows those of RTSP and of Icecast, too, and takes them."""


def fault(
    method: str, version: str, headers: Mapping[str, str], *, upgrade: bool
) -> tuple[HTTPStatus, str] | None:
    """Return with which status and words a request is refused, None where nothing is wrong.

    `headers` are by lower-case name. An upgrade is ignored (RFC 9110, 7.8), but not together with
    a body: the parser takes what follows for the other protocol's.
    """
    bad, not_here = HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_IMPLEMENTED
    coded = "transfer-encoding" in headers
    coding = headers.get("transfer-encoding", "chunked").strip().lower()
    body = coded or headers.get("content-length", "0") != "0"
    faults = (
        (version not in _VERSIONS, bad, "this is not HTTP/1.1"),
        (method not in _METHODS, not_here, f"{method} is no method of HTTP that is known here"),
        # RFC 9112, 6.1: who reads 1.0 need not know of it.
        (version == "1.0" and coded, bad, "HTTP/1.0 knows no transfer coding"),
        (
            version == "1.1" and "host" not in headers,
            bad,
            "the request does not say for which host it is",
        ),
        (coding != "chunked", not_here, "no transfer coding but `chunked` is read here"),
        (upgrade and body, bad, "nothing but HTTP/1.1 is spoken here: ask without an upgrade"),
    )
    return next(((status, words) for wrong, status, words in faults if wrong), None)


def path(target: bytes) -> str:
    """Return the path of a request's target, without the query, whichever form it has."""
    text = target.partition(b"?")[0].decode("latin-1")
    scheme, slashes, rest = text.partition("://")
    if slashes and scheme.lower() in ("http", "https"):
        return "/" + rest.partition("/")[2]
    return text
