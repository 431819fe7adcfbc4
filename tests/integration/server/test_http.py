"""The HTTP face answers over a real socket, and refuses what it must."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from controlplane.server.http import Endpoints, Server
from tests.support.waiting import eventually

SECRET = b"a secret of thirty-two bytes....."


@dataclass
class Seen:
    """What the server was told, and what it is to say."""

    looks: int = 0
    well: bool = True
    address: str = field(default="")

    def look(self) -> None:
        self.looks += 1


@pytest.fixture
def seen() -> Iterator[Seen]:
    state = Seen()
    endpoints = Endpoints(
        ready=lambda: (state.well, "observing only: the state store is away"),
        metrics=lambda: b"passes_total 1\n",
        look_now=state.look,
        webhook_secret=SECRET,
    )
    with Server("127.0.0.1", 0, endpoints) as server:
        state.address = server.address
        yield state


def ask(
    address: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_health_metrics_and_readiness(seen: Seen) -> None:
    assert ask(seen.address, "GET", "/healthz") == (200, b"ok\n")
    assert ask(seen.address, "GET", "/metrics") == (200, b"passes_total 1\n")
    assert ask(seen.address, "GET", "/readyz")[0] == 200
    seen.well = False
    assert ask(seen.address, "GET", "/readyz")[0] == 503
    assert ask(seen.address, "GET", "/else")[0] == 404


def test_a_caller_that_did_not_wait_is_no_fault_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    gone, answered = threading.Event(), threading.Event()

    def metrics() -> bytes:
        assert gone.wait(10)
        answered.set()
        return b"x" * (1 << 24)

    endpoints = Endpoints(lambda: (True, ""), metrics, lambda: None)
    with Server("127.0.0.1", 0, endpoints) as server:
        host, _, port = server.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            eventually(lambda: threading.active_count() > 2)
        gone.set()
        assert answered.wait(10)
        assert ask(server.address, "GET", "/healthz")[0] == 200
        time.sleep(0.2)
    assert capfd.readouterr().err == ""


def test_a_signed_webhook_makes_it_look(seen: Seen) -> None:
    signature = "sha256=" + hmac.new(SECRET, b"{}", hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature}
    assert ask(seen.address, "POST", "/webhook", b"{}", headers)[0] == 202
    assert seen.looks == 1


def test_an_unsigned_or_large_webhook_does_not(seen: Seen) -> None:
    assert ask(seen.address, "POST", "/webhook", b"{}")[0] == 401
    assert ask(seen.address, "POST", "/webhook", b"", {"Content-Length": "9999999"})[0] == 413
    assert ask(seen.address, "POST", "/webhook", b"", {"Content-Length": "-1"})[0] == 411
    assert seen.looks == 0
