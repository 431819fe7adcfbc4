"""The reconciler's small HTTP face: liveness, readiness, metrics and the webhook.

Everything it answers comes in as functions; it holds no state and decides nothing but whether a
webhook call is genuine. Bodies are bounded and connections time out.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from controlplane.errors import UsageError
from controlplane.server.webhook import authentic

MAX_BODY = 1 << 20
SOCKET_TIMEOUT = 10.0


@dataclass(frozen=True)
class Endpoints:
    """What the server answers with. `ready` says whether all is well, and one sentence on it."""

    ready: Callable[[], tuple[bool, str]]
    metrics: Callable[[], bytes]
    look_now: Callable[[], None]
    webhook_secret: bytes = b""


class Server:
    """An HTTP server on its own thread. A context manager."""

    def __init__(self, address: str, port: int, endpoints: Endpoints) -> None:
        handler = type("Handler", (_Handler,), {"endpoints": endpoints})
        try:
            self._server = _Listener((address, port), handler)
        except OSError as error:
            raise UsageError(
                f"cannot listen on {address}:{port}: {error.strerror or error}",
                remedy="choose another address with --listen HOST:PORT, port 0 for any free one",
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """Return the address really bound, as HOST:PORT."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that did not wait; anything else is a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    endpoints: ClassVar[Endpoints]
    server_version = "cpctl"
    sys_version = ""
    timeout = SOCKET_TIMEOUT

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, b"ok\n")
        elif self.path == "/readyz":
            well, sentence = self.endpoints.ready()
            self._answer(200 if well else 503, sentence.encode() + b"\n")
        elif self.path == "/metrics":
            self._answer(200, self.endpoints.metrics(), "text/plain; version=0.0.4; charset=utf-8")
        else:
            self._answer(404, b"not found; try /healthz, /readyz or /metrics\n")

    def do_POST(self) -> None:
        if self.path != "/webhook":
            self._answer(404, b"not found; webhooks go to /webhook\n")
            return
        body = self._body()
        if body is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not authentic(headers, body, self.endpoints.webhook_secret):
            self._answer(401, b"the signature or token does not match the webhook secret\n")
            return
        self.endpoints.look_now()
        self._answer(202, b"looking\n")

    def _body(self) -> bytes | None:
        """Read a bounded body; answer and return None where it cannot be read."""
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit()):
            self._answer(411, b"Content-Length is needed\n")
            return None
        if int(text) > MAX_BODY:
            self._answer(413, b"the body is larger than 1 MiB\n")
            return None
        body = self.rfile.read(int(text))
        if len(body) != int(text):
            self._answer(400, b"the body is shorter than Content-Length\n")
            return None
        return body

    def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing per request; metrics count them."""
