"""Whatever a server does, what asks it over HTTP has an answer or an error in time, of bounded size."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from controlplane import codehost
from controlplane.codehost import CodeHostError, Comments
from controlplane.deadline import Deadline
from controlplane.errors import IndeterminateError
from controlplane.gateclient import GateServer
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.engines.opa_address import Settings
from controlplane.policy.errors import EngineUnavailableError
from controlplane.repo.download import DownloadError, fetch
from tests.support import certificates
from tests.support.dripping import ENDLESS_BODY, ENDLESS_HEAD, FAILED_BODY, dripping

HEADS = pytest.mark.parametrize(
    "head", [ENDLESS_HEAD, ENDLESS_BODY, FAILED_BODY], ids=["head", "body", "error"]
)
LATE = "no whole answer within 1 seconds"


@contextmanager
def in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert 0.9 < time.monotonic() - begun < 6.0


@HEADS
def test_a_file_that_drips(head: bytes) -> None:
    with dripping(head) as url, in_time(), pytest.raises(DownloadError, match=LATE):
        fetch(f"{url}/bundle.tar.gz", seconds=1.0)


@HEADS
def test_a_gate_that_drips(head: bytes) -> None:
    with dripping(head) as url, in_time(), pytest.raises(IndeterminateError, match=LATE):
        GateServer(url, seconds=1.0).change("a", "b", "")


@HEADS
def test_a_gate_that_drips_over_tls(head: bytes, tmp_path: Path) -> None:
    made = certificates.create(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.certificate, made.key)
    with dripping(head, tls) as url, in_time(), pytest.raises(IndeterminateError, match=LATE):
        GateServer(url, authority=made.authority, seconds=1.0).change("a", "b", "")


@HEADS
def test_a_code_host_that_drips(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codehost, "SECONDS", 1)
    with dripping(head) as url, in_time(), pytest.raises(CodeHostError, match=LATE):
        Comments(f"{url}/comments", "", ("Authorization", "secret")).make("text")


@HEADS
def test_an_opa_server_that_drips_from_the_beginning(head: bytes) -> None:
    with (
        dripping(head) as url,
        in_time(),
        pytest.raises(EngineUnavailableError, match=LATE),
    ):
        OpaEngine(url=url, settings=Settings(seconds=1.0)).version()


def test_a_file_without_end_is_refused_once_it_is_too_large() -> None:
    with dripping(ENDLESS_BODY) as url, pytest.raises(DownloadError, match="more than 3 bytes"):
        fetch(f"{url}/bundle.tar.gz", seconds=10.0, largest=3)


def test_what_is_no_address_is_an_error() -> None:
    with pytest.raises(DownloadError, match="no address"):
        fetch("https://[::1")


def test_a_connection_over_tls_that_is_ended_stays_encrypted(tmp_path: Path) -> None:
    """Who sends at that moment must fail, and not go on in clear text."""
    made = certificates.create(tmp_path)
    here, there = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(made.certificate, made.key)
    asking = ssl.create_default_context(cafile=str(made.authority))
    with there, ThreadPoolExecutor(1) as pool:
        accepted = pool.submit(serving.wrap_socket, there, server_side=True)
        with (
            asking.wrap_socket(here, server_hostname="localhost") as secured,
            accepted.result() as server,
        ):
            with pytest.raises(TimeoutError), Deadline(0.05) as deadline:
                deadline.watch(lambda: secured)
                with contextlib.suppress(OSError):
                    server.recv(1)  # until it is ended
            assert secured.version() is not None


def test_what_is_no_http_is_an_error() -> None:
    with dripping(b"SSH-2.0-server\r\n") as url:
        with pytest.raises(DownloadError, match="no HTTP"):
            fetch(f"{url}/bundle.tar.gz", seconds=10.0)
        with pytest.raises(IndeterminateError, match="no HTTP"):
            GateServer(url, seconds=10.0).change("a", "b", "")
