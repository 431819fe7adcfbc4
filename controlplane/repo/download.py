"""Fetches one file over HTTPS, within bounds. What it must be is the caller's to say."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import urlsplit

from controlplane.errors import UsageError

SECONDS = 60.0  # of the whole fetch
LARGEST = 16 * 1024 * 1024  # bytes
_PART = 64 * 1024
_HERE = ("127.0.0.1", "localhost")


class DownloadError(UsageError):
    """A file could not be fetched."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What Git names is what is asked: a server cannot send us elsewhere, such as inside."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> None:
        """Follow nothing: the answer stays the error that it is."""
        del req, fp, code, msg, headers, newurl


def fetch(url: str, *, seconds: float = SECONDS, largest: int = LARGEST) -> bytes:
    """Return what `url` answers. Raises DownloadError.

    Only https, or http on this machine. No redirects, no proxy's word for the content: whoever
    asks compares the digest.
    """
    place = urlsplit(url)
    if place.scheme != "https" and not (place.scheme == "http" and place.hostname in _HERE):
        raise DownloadError(f"{url} is not https", remedy="publish the file over https")
    opener = urllib.request.build_opener(_NoRedirects)
    until = time.monotonic() + seconds
    try:
        with opener.open(url, timeout=min(seconds, 30)) as answer:
            return _bounded(answer, url, until, largest)
    except (OSError, ValueError) as error:
        raise DownloadError(
            f"{place.scheme}://{place.netloc}{place.path} cannot be fetched: {error}",
            remedy="see that the address is right and can be reached from here",
        ) from error


def _bounded(answer: IO[bytes], url: str, until: float, largest: int) -> bytes:
    data = bytearray()
    while part := answer.read(_PART):
        data += part
        if len(data) > largest:
            raise DownloadError(
                f"{url} answers more than {largest:,} bytes", remedy="publish a smaller file"
            )
        if time.monotonic() > until:
            raise DownloadError(f"{url} takes too long", remedy="try again, or mirror the file")
    return bytes(data)
