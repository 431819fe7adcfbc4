"""Chunked bodies and HEAD over real sockets: what is bounded, and what is no header."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from controlplane.server.gate.http1 import Bounds, Peers
from controlplane.server.gate.messages import Request, Response

CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: mine\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
)


def told(*parts: bytes) -> tuple[bytes, list[Request]]:
    """Send parts, one after the other; return what came back and what the handler got."""
    return asyncio.run(_told(parts))


async def _told(parts: Sequence[bytes]) -> tuple[bytes, list[Request]]:
    got: list[Request] = []

    def handle(request: Request) -> Response:
        got.append(request)
        return Response(200, b"body", "text/plain")

    peers = Peers(handle, Bounds(header_bytes=1024))
    server = await asyncio.get_running_loop().create_server(peers.connection, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    server.close()
    await peers.stop(1)
    return answer, got


def test_trailers_are_no_headers() -> None:
    answer, got = told(CHUNKED + b"Authorization: other\r\nX: y\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [(each.headers["authorization"], each.body) for each in got] == [("mine", b"hi")]
    assert "x" not in got[0].headers


def test_trailers_are_bounded() -> None:
    answer, got = told(CHUNKED + b"X: 123456789\r\n" * 200 + b"\r\n")
    assert (answer[:13], got) == (b"HTTP/1.1 431 ", [])


def test_one_trailer_without_an_end_is_bounded() -> None:
    answer, got = told(CHUNKED + b"X: ", *[b"y" * 500] * 4)
    assert (answer[:13], got) == (b"HTTP/1.1 431 ", [])


def test_head_is_answered_without_a_body() -> None:
    answer, _ = told(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    first, _, rest = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: 4" in first
    assert rest.startswith(b"HTTP/1.1 200 ")
    assert rest.endswith(b"\r\n\r\nbody")
