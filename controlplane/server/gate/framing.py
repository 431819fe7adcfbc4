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


def fault(
    version: str, headers: Mapping[str, str], *, upgrade: bool
) -> tuple[HTTPStatus, str] | None:
    """Return with which status and words a request is refused, None where nothing is wrong.

    `headers` are by lower-case name. An upgrade is ignored (RFC 9110, 7.8), but not together with
    a body: the parser takes what follows for the other protocol's.
    """
    if version not in _VERSIONS:
        return HTTPStatus.BAD_REQUEST, "this is not HTTP/1.1"
    if version == "1.1" and "host" not in headers:
        return HTTPStatus.BAD_REQUEST, "the request does not say for which host it is"
    coding = headers.get("transfer-encoding", "chunked")
    if coding.strip().lower() != "chunked":
        return HTTPStatus.NOT_IMPLEMENTED, "no transfer coding but `chunked` is read here"
    if upgrade and ("transfer-encoding" in headers or headers.get("content-length", "0") != "0"):
        return HTTPStatus.BAD_REQUEST, "nothing but HTTP/1.1 is spoken here: ask without an upgrade"
    return None


def path(target: bytes) -> str:
    """Return the path of a request's target, without the query, whichever form it has."""
    text = target.partition(b"?")[0].decode("latin-1")
    scheme, slashes, rest = text.partition("://")
    if slashes and scheme.lower() in ("http", "https"):
        return "/" + rest.partition("/")[2]
    return text
