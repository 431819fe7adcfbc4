"""A real OPA server on loopback, for tests that need one by its URL.

It is empty: a test puts its policies there through the REST API.
"""

from __future__ import annotations

import urllib.request
from pathlib import Path

from tests.support import binaries
from tests.support.process import Server, free_port


class OpaServer:
    """`opa run --server`, logging into `directory`."""

    def __init__(self, directory: Path) -> None:
        """Choose a port; nothing runs before `start`."""
        self.directory = directory
        self.url = f"http://127.0.0.1:{free_port()}"
        self._server: Server | None = None

    @property
    def groups(self) -> list[int]:
        """The process groups of the running server."""
        return [self._server.group] if self._server else []

    def start(self) -> None:
        """Start the server and return when it answers."""
        address = self.url.removeprefix("http://")
        flags = ["run", "--server", f"--addr={address}", "--disable-telemetry", "--log-level=error"]
        self._server = Server("opa", [binaries.need("opa"), *flags], self.directory / "opa.log")
        self._server.wait_until(self._is_healthy)

    def stop(self) -> None:
        """End the server."""
        if self._server:
            self._server.stop()
            self._server = None

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
