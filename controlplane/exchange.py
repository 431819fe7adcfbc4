"""One HTTP exchange by `urllib`: one deadline for all of it, and an answer of bounded size.

Decides what is an error of the exchange: no HTTP at all, too long, too much. Where may be asked,
and what the answer must be, is left to the callers.
"""

from __future__ import annotations

import http.client
import io
import ssl
import urllib.request
from functools import partial
from typing import Any
from urllib.error import HTTPError

from controlplane.deadline import Deadline


class TooLargeError(OSError):
    """The answer has more bytes than the caller takes."""


def exchange(
    request: urllib.request.Request,
    *handlers: urllib.request.BaseHandler,
    seconds: float,
    largest: int,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Return the answer, of at most `largest` bytes and within `seconds` of now.

    Raises HTTPError, which holds what the server says, for a status that is no success;
    TimeoutError where the time is up, TooLargeError, and OSError for everything else.
    """
    with Deadline(seconds) as deadline:
        opener = urllib.request.build_opener(_Http(deadline), _Https(deadline, tls), *handlers)
        try:
            return _answer(opener, request, seconds, largest)
        except http.client.HTTPException as error:
            raise OSError(f"the answer is no HTTP: {error!r}") from error


def _answer(
    opener: urllib.request.OpenerDirector,
    request: urllib.request.Request,
    seconds: float,
    largest: int,
) -> bytes:
    try:
        with opener.open(request, timeout=seconds) as answer:
            return _read(answer, largest)
    except HTTPError as error:
        with error:
            said = io.BytesIO(_read(error, largest))
        raise HTTPError(error.url, error.code, error.msg, error.headers, said) from error


def _read(answer: Any, largest: int) -> bytes:
    data: bytes = answer.read(largest + 1)
    if len(data) > largest:
        raise TooLargeError(f"the answer has more than {largest:,} bytes")
    if getattr(answer, "length", 0):
        raise OSError("the answer breaks off")
    return data


class _Watched(http.client.HTTPConnection):
    """Is watched while it connects, and while it is read."""

    deadline: Deadline

    def connect(self) -> None:
        self.deadline.watch(lambda: self.sock)
        super().connect()

    def getresponse(self) -> http.client.HTTPResponse:
        read = self.sock  # an answer that ends the connection is read when `sock` is gone
        self.deadline.watch(lambda: read)
        return super().getresponse()


class _WatchedTls(_Watched, http.client.HTTPSConnection):
    """The same over TLS."""


def _watched(
    kind: type[_Watched], deadline: Deadline, host: str, **arguments: Any
) -> http.client.HTTPConnection:
    connection = kind(host, **arguments)
    connection.deadline = deadline
    return connection


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_watched, _Watched, self._deadline), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self._deadline, self._tls = deadline, tls

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        made = partial(_watched, _WatchedTls, self._deadline, context=self._tls)
        return self.do_open(made, req)
