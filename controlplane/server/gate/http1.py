"""HTTP/1.1 on asyncio, bounded in every direction: the only importer of httptools.

Decides how long a peer may take, how much it may send and how many may come at once; parsing is
llhttp's, the parser of Node.js. What a request means is left to the handler it is given.

Requests are answered in the order in which they came, also where the peer sends no more or what
comes next is refused. A peer that is refused before its body was read is answered, and what it
still sends is thrown away for a moment, so that the answer is not lost in a reset connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import httptools

from controlplane.server.gate import framing
from controlplane.server.gate.messages import Request, Response, problem

_SWEEP: Final = 0.25  # seconds between two looks at who takes too long
_LINGER: Final = 2.0  # seconds in which a refused peer may finish sending
_PIPELINED: Final = 16  # requests that may wait on one connection
_NEVER: Final = float("inf")

Handler = Callable[[Request], "Response | asyncio.Future[Response]"]
"""Returns the answer, or a future that gets one. Must not raise and must not block."""


@dataclass(frozen=True)
class Bounds:
    """What peers may do: bytes, seconds, counts. Each is for one process."""

    header_bytes: int = 32 * 1024
    body_bytes: int = 8 * 1024 * 1024
    buffered_bytes: int = 256 * 1024 * 1024  # of all bodies under way together
    connections: int = 1024
    header_seconds: float = 10.0  # from the first byte of a request, or the beginning
    body_seconds: float = 20.0
    idle_seconds: float = 75.0
    write_seconds: float = 20.0


class Peers:
    """The connections of one process, and what they hold together."""

    def __init__(self, handler: Handler, bounds: Bounds) -> None:
        self.handler, self.bounds = handler, bounds
        self.buffered = 0
        self.refused = 0  # connections that were one too many
        self.stopping = False
        self._open: set[Connection] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def connection(self) -> Connection:
        """Return the protocol of a new connection; for `create_server`."""
        return Connection(self)

    def start(self) -> None:
        """Begin to look after peers that take too long."""
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    async def stop(self, seconds: float) -> None:
        """Let what is under way be answered, for so long, and end all connections."""
        self.stopping = True
        for each in list(self._open):
            each.finish()
        ends = asyncio.get_running_loop().time() + seconds
        while self._open and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.02)
        for each in list(self._open):
            each.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper

    def joined(self, connection: Connection) -> bool:
        """Take a connection; False where there are too many."""
        if len(self._open) >= self.bounds.connections or self.stopping:
            self.refused += 1
            return False
        self._open.add(connection)
        return True

    def left(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP)
            now = loop.time()
            for each in list(self._open):
                if each.until < now:
                    try:
                        each.late()
                    except Exception:  # noqa: BLE001 - one peer must not keep others from an end
                        each.abort()


class Connection(asyncio.Protocol):
    """One peer. `until` is the moment by which it must have done what it is waited for."""

    def __init__(self, peers: Peers) -> None:
        self._peers, self._bounds = peers, peers.bounds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._asked: asyncio.Future[Response] | None = None
        self._keep = True
        self._refusal: Response | None = None
        self._last = False  # nothing more is read from it; what waits is still answered
        self._ended = False  # nothing more is written either
        self._in_body = self._begun = False
        self._head = 0  # bytes since the last request, while its headers are read
        self._fields = 0  # bytes of the target and the headers that were read
        self._held = 0  # bytes of the body that is read
        self._after = self._still = 0  # bytes of trailers, and since the body last grew
        self._bare = False  # the answer to HEAD has no body
        self._new()
        self.until = self._loop.time() + self._bounds.header_seconds

    def _new(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._fields = 0
        self._hesitates = False  # it sends its body once it is told to go on

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the peer, or turn it away where there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._peers.joined(self):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the peer; an answer that is still being made is made for nobody."""
        self._held += sum(len(request.body) for request, _ in self._waiting)
        self._waiting.clear()
        self._release()
        self._peers.left(self)
        self._ended = True
        if self._asked is not None:
            self._asked.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse what came, refusing what is too much or is not HTTP."""
        if self._ended or self._last:
            return
        if not self._in_body:
            self._begin()
        if not self._in_body:
            self._head += len(data)
        before = self._held if self._in_body else -1
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._last = True  # what follows would be in another protocol
            if self._asked is None and self._refusal is None:
                self._end()
        except httptools.HttpParserError:
            self._refuse(_refused(HTTPStatus.BAD_REQUEST, "this is not HTTP/1.1"))
        self._still = self._still + len(data) if self._in_body and self._held == before else 0
        if max(0 if self._in_body else self._head, self._still) > self._bounds.header_bytes:
            self._refuse(_headers_too_large())
        if self._refusal is not None:
            self._turn_away(self._refusal)

    def eof_received(self) -> bool:
        """Keep the connection while an answer is still to be given; under TLS asyncio ends it."""
        self._last = True
        encrypted = self._transport is None or self._transport.get_extra_info("ssl_object")
        return self._asked is not None and not encrypted

    def pause_writing(self) -> None:
        """The peer does not read; it may not go on so for ever."""
        self._wait_for(self._bounds.write_seconds)

    # What the parser calls; they must not raise.

    def on_url(self, url: bytes) -> None:
        """Remember a part of the target."""
        self._begin()  # it may have come in one piece with the request before it
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Remember a header; what comes after the body is counted and is none."""
        if self._in_body:
            self._after += len(name) + len(value)
            if self._after > self._bounds.header_bytes:
                self._refuse(_headers_too_large())
            return
        self._count(len(name) + len(value) + 4)  # `: ` and the end of the line
        known = name.decode("latin-1").lower()
        if known in self._headers and known in framing.ONCE:
            self._refuse(_refused(HTTPStatus.BAD_REQUEST, f"there are two headers `{known}`"))
        self._headers[known] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Look at how much is to come."""
        self._in_body, self._head, self._after = True, 0, 0
        self._wait_for(self._bounds.body_seconds)
        version, upgrade = self._parser.get_http_version(), self._parser.should_upgrade()
        length = self._headers.get("content-length", "0")
        method = self._parser.get_method().decode("latin-1")
        if wrong := framing.fault(method, version, self._headers, upgrade=upgrade):
            self._refuse(_refused(*wrong))
        elif len(length) > 12 or int(length) > self._bounds.body_bytes:
            self._refuse(self._too_large())
        elif version == "1.1" and self._headers.get("expect", "").lower() == "100-continue":
            self._hesitates = True
            self._encourage()

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, within bounds."""
        if self._refusal is not None:
            return
        self._held += len(body)
        self._peers.buffered += len(body)
        self._body.append(body)
        if self._held > self._bounds.body_bytes:
            self._refuse(self._too_large())
        elif self._peers.buffered > self._bounds.buffered_bytes:
            self._refuse(busy("too many large requests are under way"))

    def on_message_complete(self) -> None:
        """Hand the request on, or let it wait for the one before it."""
        self._in_body = self._begun = False
        if self._refusal is not None:
            return
        if len(self._waiting) >= _PIPELINED:
            self._refuse(busy("too many requests wait on this connection"))
            return
        method = self._parser.get_method().decode("latin-1")
        body = b"".join(self._body)
        request = Request(method, framing.path(self._url), self._headers, body)
        self._waiting.append((request, self._parser.should_keep_alive()))
        self._held = 0  # counted by the request from here on, until its turn comes
        self._new()
        if self._asked is None:
            self._next()

    # What is done.

    def _next(self) -> None:
        """Ask the handler about who has waited longest; say at last what is refused."""
        while self._waiting and self._asked is None and not self._ended:
            request, keep = self._waiting.popleft()
            self._peers.buffered -= len(request.body)
            self._keep = self._keep and keep
            self.until = _NEVER  # from here on it is waited for us
            self._bare = request.method == "HEAD"
            given = self._peers.handler(request)
            if isinstance(given, Response):
                self._write(given)
            else:
                self._asked = given
                given.add_done_callback(self._answered)
        if self._refusal is not None and self._asked is None and not self._ended:
            self._turn_away(self._refusal)
        self._encourage()

    def _encourage(self) -> None:
        """Let a peer that asked for it send its body, after the answers to what it asked before."""
        over = self._ended or self._refusal is not None
        ahead = self._waiting or self._asked is not None
        if self._hesitates and self._transport and not over and not ahead:
            self._hesitates = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answered(self, given: asyncio.Future[Response]) -> None:
        self._asked = None
        if given.cancelled() or self._transport is None or self._transport.is_closing():
            return
        self._write(given.result())
        self._next()

    def _write(self, response: Response) -> None:
        if self._transport is None:
            return
        over = self._last and not self._waiting and self._refusal is None
        close = not self._keep or self._peers.stopping or self._ended or over
        self._wait_for(self._patience())
        self._transport.write(_text(response, close=close, bare=self._bare))
        if close:
            self._end()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._wait_for(self._bounds.header_seconds)

    def _patience(self) -> float:
        """Return how long the peer has for what it has begun, or until it begins something."""
        if self._in_body:
            return self._bounds.body_seconds
        return self._bounds.header_seconds if self._begun else self._bounds.idle_seconds

    def _count(self, size: int) -> None:
        self._fields += size
        if self._fields > self._bounds.header_bytes:
            self._refuse(_headers_too_large())

    def _refuse(self, response: Response) -> None:
        if self._refusal is None:
            self._refusal = response
            self._release()

    def _turn_away(self, response: Response) -> None:
        """Answer after those before it; what still comes is thrown away, for a moment."""
        self._last = True
        if self._asked is None:
            self._ended, self._bare = True, False
            self._write(response)

    def _end(self) -> None:
        """Close once everything is written; the peer may finish what it is sending."""
        self._ended = True
        transport = self._transport
        if transport is None:
            return
        if self._refusal is None:
            transport.close()
            return
        self._wait_for(_LINGER)
        if transport.can_write_eof():  # not under TLS: there it ends when that time is over
            try:
                transport.write_eof()
            except OSError:
                transport.abort()  # the peer is gone

    def _wait_for(self, seconds: float) -> None:
        if self._asked is None:
            self.until = self._loop.time() + seconds

    def _release(self) -> None:
        self._peers.buffered -= self._held
        self._held = 0

    def _too_large(self) -> Response:
        mebibytes = self._bounds.body_bytes / (1 << 20)
        return problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body is larger than {mebibytes:g} MiB",
            "ask about fewer envelopes at once, or raise --max-body",
        )

    def late(self) -> None:
        """It took too long: say so where a request was begun, and end it."""
        reading = (self._begun or self._in_body) and not self._ended
        if reading and self._asked is None:
            self._refuse(_refused(HTTPStatus.REQUEST_TIMEOUT, "the request took too long to come"))
            self._turn_away(cast("Response", self._refusal))
        else:
            self.abort()

    def finish(self) -> None:
        """End after what is under way; at once where nothing is."""
        self._keep = False
        if self._asked is None and self._transport is not None and not self._in_body:
            self._transport.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()


def busy(words: str) -> Response:
    """Return the answer to a request that is one too many: not judged, so not allowed."""
    return problem(
        HTTPStatus.TOO_MANY_REQUESTS, words, "try again in a moment; nothing was decided",
        retry_after=1.0,
    )  # fmt: skip


def _refused(status: HTTPStatus, words: str) -> Response:
    return problem(status, words, "send one HTTP/1.1 request with a complete body")


def _headers_too_large() -> Response:
    return _refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large")


def _text(response: Response, *, close: bool, bare: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        "Cache-Control: no-store",
        *(f"{name}: {value}" for name, value in response.headers),
        *(["Connection: close"] if close else []),
    ]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head if bare else head + response.body
