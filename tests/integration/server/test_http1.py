"""HTTP/1.1 over real sockets: what is bounded, what is no header, what has one reading only."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from controlplane.server.gate.http1 import Bounds, Peers
from controlplane.server.gate.messages import Request, Response
from tests.support import certificates

CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: mine\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
)


BOUNDS = Bounds(header_bytes=1024)


def told(
    *parts: bytes, later: bool = False, half: bool = False, bounds: Bounds = BOUNDS
) -> tuple[bytes, list[Request]]:
    """Send parts, one after the other; return what came back and what the handler got.

    The handler answers at once, or `later`. With `half` the peer does not say that it is done.
    """
    return asyncio.run(_told(parts, later, half, bounds))


async def _told(
    parts: Sequence[bytes], later: bool, half: bool, bounds: Bounds
) -> tuple[bytes, list[Request]]:
    got: list[Request] = []
    response = Response(200, b"body", "text/plain")

    def handle(request: Request) -> Response | asyncio.Future[Response]:
        got.append(request)
        if not later:
            return response
        made: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.05, made.set_result, response)
        return made

    peers = Peers(handle, bounds)
    peers.start()
    server = await asyncio.get_running_loop().create_server(peers.connection, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.02)
    if not half:
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


def codes(answer: bytes) -> list[int]:
    """Return the statuses of answers."""
    found = answer.split(b"HTTP/1.1 ")[1:]
    return [int(each[:3]) for each in found if each[:3].isdigit()]


GET = b"GET / HTTP/1.1\r\nHost: a\r\n%b\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (GET % b"Host: b\r\n", 400),
        (GET % b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400),
        (GET % b"Content-Length: 0\r\nContent-Length: 0\r\n", 400),
        (GET % b"Transfer-Encoding: gzip, chunked\r\n" + b"0\r\n\r\n", 501),
        (GET % b"Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 2\r\n" + b"hi", 400),
        (
            b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"SOURCE / ICE/1.0\r\n\r\n", 501),
        (b"DESCRIBE / RTSP/1.0\r\n\r\n", 501),
    ],
)
def test_a_head_that_two_readers_could_read_differently(head: bytes, status: int) -> None:
    """What follows in the same connection is not taken for a request either."""
    answer, got = told(head + GET % b"")
    assert (codes(answer), got) == ([status], [])
    assert b"Connection: close" in answer


def test_headers_are_bounded_that_come_in_one_piece() -> None:
    for head in (b"X: " + b"y" * 2000 + b"\r\n", b"X: y\r\n" * 500):
        answer, got = told(GET % head)
        assert (codes(answer), got) == ([431], [])
    answer, got = told(GET.replace(b"/ ", b"/" + b"y" * 2000 + b" ", 1) % b"")
    assert (codes(answer), got) == ([431], [])


@pytest.mark.parametrize("target", [b"/a/b?c", b"http://a/a/b", b"HTTPS://a:1/a/b?c"])
def test_a_target_names_its_path_in_any_form(target: bytes) -> None:
    _, got = told(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)
    assert [each.path for each in got] == ["/a/b"]


def test_what_was_asked_before_is_answered_though_nothing_more_comes() -> None:
    """All of it came at once, and so did the end, while the first one was still being judged."""
    answer, got = told(GET % b"" * 3, later=True)
    assert (codes(answer), len(got)) == ([200] * 3, 3)


def test_what_was_asked_before_is_answered_though_something_is_refused() -> None:
    answer, got = told(GET % b"" * 3 + b"\0", later=True)
    assert (codes(answer), len(got)) == ([200] * 3 + [400], 3)


@pytest.mark.parametrize("more", [1, 2, 40])
def test_what_is_one_too_many_is_answered_once(more: int) -> None:
    """One is judged and sixteen wait: of the next it is said that it was not decided."""
    answer, got = told(GET % b"" * (17 + more), later=True)
    assert (codes(answer), len(got)) == ([200] * 17 + [429], 17)


def test_as_many_as_may_wait_are_answered() -> None:
    answer, got = told(GET % b"" * 17, later=True)
    assert (codes(answer), len(got)) == ([200] * 17, 17)


POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n%b\r\n"


def test_bodies_that_wait_are_counted() -> None:
    bounds = Bounds(buffered_bytes=1000)
    answer, got = told((POST % b"" + b"x" * 400) * 4, later=True, bounds=bounds)
    assert (codes(answer), len(got)) == ([200] * 3 + [429], 3)


def test_nothing_is_counted_of_who_is_gone() -> None:
    async def left() -> int:
        never: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        peers = Peers(lambda _: never, BOUNDS)
        server = await asyncio.get_running_loop().create_server(peers.connection, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write((POST % b"" + b"x" * 400) * 3 + POST % b"" + b"x")
        await asyncio.sleep(0.1)
        assert peers.buffered == 801
        writer.transport.abort()
        await asyncio.sleep(0.1)
        server.close()
        await peers.stop(0.1)
        await asyncio.sleep(0)
        return peers.buffered

    assert asyncio.run(left()) == 0


GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_body_is_asked_for_after_the_answers_before_it() -> None:
    asked = GET % b"" + POST % b"Expect: 100-continue\r\n"
    answer, got = told(asked, *[b""] * 5, b"x" * 400, later=True)
    assert codes(answer) == [200, 100, 200]
    assert len(got) == 2
    answer, _ = told(POST % b"Expect: 100-continue\r\n", b"x" * 400)
    assert answer.startswith(GO_ON)


@pytest.mark.parametrize("why", [b"Host: b\r\n", b"Content-Length: 400\r\n"])
def test_no_body_is_asked_for_that_is_refused(why: bytes) -> None:
    answer, got = told(POST % (why + b"Expect: 100-continue\r\n"), half=True)
    assert (codes(answer), got) == ([400], [])


def test_who_is_refused_while_it_sends_is_answered_under_tls(tmp_path: Path) -> None:
    """An answer is lost where the connection ends beneath what the peer still sends."""
    made = certificates.create(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(made.certificate, made.key)
    client_side = ssl.create_default_context(cafile=made.authority)

    def send(address: tuple[str, int]) -> bytes:
        with (
            socket.create_connection(address, timeout=10) as plain,
            client_side.wrap_socket(plain, server_hostname="127.0.0.1") as peer,
        ):
            peer.sendall(POST.replace(b"400", b"9000") % b"")
            for _ in range(9):
                time.sleep(0.02)
                peer.sendall(b"x" * 1000)
            return b"".join(iter(lambda: peer.recv(1 << 16), b""))

    async def served() -> bytes:
        peers = Peers(lambda _: Response(200, b"body", "text/plain"), Bounds(body_bytes=1000))
        peers.start()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(peers.connection, "127.0.0.1", 0, ssl=server_side)
        answer = await asyncio.to_thread(send, server.sockets[0].getsockname())
        server.close()
        await peers.stop(1)
        return answer

    assert codes(asyncio.run(served())) == [413]


def test_half_a_request_behind_a_whole_one_has_no_longer() -> None:
    bounds = Bounds(header_bytes=1024, header_seconds=0.1)
    answer, got = told(
        GET % b"" + b"GET / HTTP/1.1\r\nHost: ", later=True, bounds=bounds, half=True
    )
    assert (codes(answer), len(got)) == ([200, 408], 1)
