"""`cpctl serve gate` as a process of its own, asked over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 120.0  # for whatever is waited for; nothing is measured


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


@dataclass
class Serving:
    """The running server. `log` is what it wrote to stderr so far, as a file."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    tls: ssl.SSLContext | None = None
    token: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request on a connection of its own."""
        connection = self.connection()
        try:
            return send(connection, method, path, body, {**self._known(), **(headers or {})})
        finally:
            connection.close()

    def post(self, path: str, value: Any) -> Reply:
        """Send a value as JSON."""
        return self.ask("POST", path, json.dumps(value).encode())

    def connection(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        if self.tls is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def _known(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def wait_ready(self, revision: str = "") -> None:
        """Return when policies are in force (of that revision)."""
        self.wait_until(lambda: self._is_ready(revision))

    def _is_ready(self, revision: str) -> bool:
        reply = self.ask("GET", "/readyz")
        return reply.status == 200 and f"in force: {revision}" in reply.body.decode()

    def wait_until(self, true: Any) -> None:
        """Return when `true()` is; AssertionError with the log where it never is."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if true():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send one request on an open connection."""
    connection.request(method, path, body=body, headers=dict(headers or {}))
    answer = connection.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, found, answer.read())


@contextmanager
def serving(
    root: Path,
    directory: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    token: str = "",
    ready: bool = True,
) -> Iterator[Serving]:
    """Serve the repository at `root` on a free port of loopback, and end it by its id."""
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "serve.log"
    process = start(root, log, ["--listen", "127.0.0.1:0", "--workers", "1", *options], environment)
    try:
        server = Serving(process, log, _port(process, log), tls, token)
        if ready:
            server.wait_ready()
        yield server
    finally:
        end(process)


def start(
    root: Path, log: Path, options: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start the command; what it says goes to `log`."""
    own = {"CPCTL_HOME": str(log.parent / "home"), "XDG_CACHE_HOME": str(log.parent / "cache")}
    with log.open("wb") as out:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("cpctl")), "serve", "gate", "--root", str(root),
             *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **own, **(environment or {})},
        )  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> int:
    """Tell the server to stop and return its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return process.wait(60)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"listen=127\.0\.0\.1:(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(log.read_text())
