"""Fetches one file over HTTPS, within bounds. What it must be is the caller's to say."""

from __future__ import annotations

import urllib.request
from http import HTTPStatus
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

from controlplane.errors import UsageError
from controlplane.exchange import TooLargeError, exchange

SECONDS = 60.0  # of the whole fetch
LARGEST = 16 * 1024 * 1024  # bytes
_FAILED = HTTPStatus.BAD_REQUEST  # the first code that is no redirect
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
    try:
        place = urlsplit(url)
    except ValueError as error:
        raise DownloadError(
            f"{url} is no address: {error}", remedy="correct the address"
        ) from error
    if place.scheme != "https" and not (place.scheme == "http" and place.hostname in _HERE):
        raise DownloadError(f"{url} is not https", remedy="publish the file over https")
    try:
        request = urllib.request.Request(url)  # noqa: S310 - https or http, as required above
        return exchange(request, _NoRedirects(), seconds=seconds, largest=largest)
    except TooLargeError as error:
        raise DownloadError(
            f"{url} answers more than {largest:,} bytes", remedy="publish a smaller file"
        ) from error
    except TimeoutError as error:
        raise DownloadError(
            f"{url} takes too long: {error}", remedy="try again, or mirror the file"
        ) from error
    except (OSError, ValueError) as error:
        if isinstance(error, HTTPError) and HTTPStatus.MULTIPLE_CHOICES <= error.code < _FAILED:
            raise _elsewhere(url, error) from error
        raise DownloadError(
            f"{place.scheme}://{place.netloc}{place.path} cannot be fetched: {error}",
            remedy="see that the address is right and can be reached from here",
        ) from error


def _elsewhere(url: str, error: HTTPError) -> DownloadError:
    place = error.headers.get("Location", "another address")
    return DownloadError(
        f"{url} sends on to {place}, and redirects are not followed",
        remedy="name the address where the file itself is",
    )
