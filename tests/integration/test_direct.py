"""A token or a question goes to the address that was named, and nowhere else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from controlplane.codehost import CodeHostError, Comments
from controlplane.errors import IndeterminateError
from controlplane.gateclient import GateServer
from controlplane.repo.download import DownloadError, fetch
from tests.support.loopback import answering


class Elsewhere(BaseHTTPRequestHandler):
    """Sends everybody on, where the server has an address for it; counts who came."""

    server: Any

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(self.path)
        self.send_response(302 if self.server.to else 200)
        if self.server.to:
            self.send_header("Location", self.server.to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        pass


def serve(to: str = "") -> AbstractContextManager[Any]:
    return answering(Elsewhere, seen=[], to=to)


def test_no_redirect_is_followed_with_a_token() -> None:
    with serve() as thief, serve(f"http://127.0.0.1:{thief.server_port}/stolen") as gate:
        url = f"http://127.0.0.1:{gate.server_port}"
        with pytest.raises(IndeterminateError, match="302"):
            GateServer(url, "secret").change("a", "b", "")
        with pytest.raises(CodeHostError, match="302"):
            Comments(f"{url}/comments", "", ("Authorization", "secret")).make("text")
        assert (len(gate.seen), thief.seen) == (2, [])


def test_a_bundle_that_is_elsewhere_is_not_fetched_and_the_place_is_named() -> None:
    with serve() as inside, serve(f"http://127.0.0.1:{inside.server_port}/secret") as publisher:
        with pytest.raises(DownloadError) as caught:
            fetch(f"{publisher.url}/base.tar.gz")
        assert f"sends on to {inside.url}/secret" in str(caught.value)
        assert caught.value.remedy == "name the address where the file itself is"
        assert inside.seen == []


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as proxy, serve() as gate:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(IndeterminateError):
            GateServer(f"http://127.0.0.1:{gate.server_port}", "secret").change("a", "b", "")
        assert (gate.seen, proxy.seen) == (["/v1/changes"], [])
