"""A load of HTTP requests over so many connections: `python -m benchmarks.load FILE PORT SECONDS`.

FILE holds, as JSON, for each decision the raw requests that it takes, one after the other. Closed
loop: each connection sends its next request when the last was answered. Whoever is measured, the
generator is the same process with the same cost. Prints how many decisions there were, and their
latencies.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

CONNECTIONS = 8


def _receive(peer: socket.socket) -> tuple[int, bytes]:
    """Read one answer with a Content-Length or in chunks; return its status and what came."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += peer.recv(65536)
    head = data[:end].lower()
    if (at := head.find(b"content-length:")) >= 0:
        size = int(head[at + 15 :].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + size:
            data += peer.recv(65536)
    else:
        while not data.endswith(b"0\r\n\r\n"):
            data += peer.recv(65536)
    return int(data[9:12]), data[end + 4 :]


def _ask(
    port: int, decisions: list[list[bytes]], first: int, until: float, seen: list[float]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = first
        while (begun := time.perf_counter()) < until:
            for request in decisions[number % len(decisions)]:
                peer.sendall(request)
                status, said = _receive(peer)
                if status != 200:
                    raise RuntimeError(f"answered {status}: {said[:300]!r}")
            seen.append(time.perf_counter() - begun)
            number += CONNECTIONS


def main(file: str, port: str, seconds: str) -> dict[str, Any]:
    """Ask for so many seconds; return what was seen."""
    decisions = [
        [base64.b64decode(each) for each in one]
        for one in json.loads(Path(file).read_text(encoding="utf-8"))
    ]
    seen: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    until = begun + float(seconds)
    threads = [
        threading.Thread(target=_ask, args=(int(port), decisions, n, until, seen[n]))
        for n in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begun
    return {"wall": wall, "latencies": [each for some in seen for each in some]}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
