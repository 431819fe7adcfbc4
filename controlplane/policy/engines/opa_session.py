"""The transport of the OPA client: one deadline for each exchange, and answers of bounded size.

Decides nothing of what is asked. A timeout of `requests` is that of one read, and its answers have
no bound: a server that drips, or never ends, would hold the gate for ever.
"""

from __future__ import annotations

import io
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from controlplane.deadline import Deadline

_NOW: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class TooLargeError(requests.RequestException):
    """An answer has more bytes than are taken."""


def unreached(error: requests.ConnectionError) -> str:
    """Return in plain words that a server did not answer: its address, and the system's reason."""
    request = error.request or (error.response.request if error.response is not None else None)
    parts = urlsplit(str(request.url)) if request is not None else None
    host = parts.netloc.rpartition("@")[2] if parts else ""  # a redirect may name somebody
    where = f" at {parts.scheme}://{host}" if parts else ""
    if isinstance(error, requests.exceptions.SSLError):
        return f"TLS with the OPA server{where} fails: {_reason(error)}"
    return f"the OPA server{where} does not answer: {_reason(error)}"


def _reason(error: BaseException) -> str:
    """Return what the system said at the root of an error of one of the two libraries above it."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.strerror:
            return at.strerror
        at = getattr(at, "reason", None) or at.__cause__ or at.__context__
    return "the connection broke off"


class BoundedSession(requests.Session):
    """A session each of whose exchanges ends in time; raises as `requests` does."""

    def __init__(self, *, seconds: float, largest_answer: int, largest_listing: int) -> None:
        """`seconds` for one exchange; bytes of the answer to a question, and to anything else."""
        super().__init__()
        self._seconds = seconds
        self._largest, self._largest_listing = largest_answer, largest_listing
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Return the answer, read; raises requests.Timeout where it is not there in time."""
        if _NOW.get() is not None:
            return super().send(request, **kwargs)  # a redirect, within the same exchange
        try:
            with Deadline(self._seconds) as deadline:
                before = _NOW.set(deadline)
                try:
                    return self._read(super().send(request, **{**kwargs, "stream": True}))
                finally:
                    _NOW.reset(before)
        except TimeoutError as error:
            raise requests.Timeout(str(error), request=request) from error

    def _read(self, response: requests.Response) -> requests.Response:
        asked = response.request.method == "POST"
        largest = self._largest if asked else self._largest_listing
        try:
            data = response.raw.read(largest + 1, decode_content=True)
        except ReadTimeoutError as error:
            raise requests.Timeout(str(error), response=response) from error
        except ProtocolError as error:
            raise requests.exceptions.ChunkedEncodingError(str(error), response=response) from error
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(str(error), response=response) from error
        if len(data) > largest:
            response.close()
            raise TooLargeError(f"an answer of more than {largest:,} bytes", response=response)
        response.raw = io.BytesIO(data)
        return response


class _Watched(HTTPConnection):
    """Is watched while it connects, and while it is read."""

    def connect(self) -> None:
        _watch(self)
        super().connect()

    def getresponse(self) -> Any:  # the two libraries above it give it types that differ
        _watch(self)
        return super().getresponse()


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


def _watch(connection: HTTPConnection) -> None:
    if (deadline := _NOW.get()) is not None:
        read = connection.sock  # it is gone from there once an answer ends the connection
        deadline.watch(lambda: connection.sock or read)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTls(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


_POOLS = {"http": _Pool, "https": _PoolTls}


class _Adapter(HTTPAdapter):
    """Never tries twice by itself."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
