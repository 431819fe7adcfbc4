"""HTTP with something secret along: to the address that was named, and nowhere else.

Decides that a redirect is an error, that what is on this machine is asked without a proxy, and
which addresses a secret may be sent to at all. What is asked is left to the callers.
"""

from __future__ import annotations

import ssl
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from controlplane.exchange import exchange

LOCAL = ("127.0.0.1", "::1", "localhost")


def is_safe(url: str) -> bool:
    """Whether a secret may be sent there: over https, or to this very machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for one that is none
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)


def ask(
    request: urllib.request.Request,
    *,
    seconds: float,
    largest: int,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Return the answer to a request; raises as `exchange` does, for a redirect HTTPError."""
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if urlsplit(request.full_url).hostname in LOCAL:
        handlers.append(urllib.request.ProxyHandler({}))
    return exchange(request, *handlers, seconds=seconds, largest=largest, tls=tls)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the token would go along."""
