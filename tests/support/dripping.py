"""A server that answers for ever: a byte at a time, each long before any timeout of a read."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nX-Long: "
ENDLESS_BODY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n"
FAILED_BODY = ENDLESS_BODY.replace(b"200 OK", b"500 Internal Server Error")
EVERY = 0.05  # seconds


def drip(connection: socket.socket, head: bytes) -> None:
    """Send the head, then bytes until the other side goes away."""
    with contextlib.suppress(OSError):
        connection.sendall(head)
        while True:
            connection.sendall(b" ")
            time.sleep(EVERY)


@contextlib.contextmanager
def dripping(head: bytes, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Yield the address of a server that answers with this head, and then for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        threading.Thread(target=_serve, args=(listening, head, tls), daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, head: bytes, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), plain:
            connection = tls.wrap_socket(plain, server_side=True) if tls else plain
            with connection:
                connection.recv(65_536)
                drip(connection, head)
