"""A small HTTP server on loopback, which answers in a thread of its own while a test asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler], **given: Any) -> Iterator[Any]:
    """Serve by `handler`, which finds what is `given`, and the `url`, as fields of its `server`."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    for name, value in given.items():
        setattr(server, name, value)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
