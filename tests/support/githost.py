"""Real Git servers on loopback for one test: HTTPS before `git http-backend`, and OpenSSH's sshd.

Both serve the bare repositories in one folder to somebody who shows the right credential, and to
nobody else. What is asked of them, and what must come back, is said by the tests.
"""

from __future__ import annotations

import base64
import getpass
import gzip
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from controlplane.repo.git.answers import SIGNS_IN_AS
from tests.support import binaries, certificates
from tests.support.process import Server, free_port

PRIVILEGE_SEPARATION = Path("/run/sshd")  # made by the service when it starts; sshd asks for it


@contextmanager
def https(folder: Path, repositories: Path, token: str) -> Iterator[HttpsHost]:
    """Serve `repositories` over HTTPS, with a certificate from an authority made for it."""
    host = HttpsHost(folder, repositories, token)
    try:
        host.start()
        yield host
    finally:
        host.stop()


class HttpsHost:
    """`git http-backend` behind TLS and basic authentication, as Git servers have it."""

    def __init__(self, folder: Path, repositories: Path, token: str) -> None:
        """Make the certificate and choose the port; nothing answers before `start`."""
        self.certificate = certificates.create(folder)
        self.port = free_port()
        self._repositories, self._token = repositories, token
        self._server: ThreadingHTTPServer | None = None
        self.credentials_seen = 0  # how often somebody sent one, right or wrong

    @property
    def authority(self) -> Path:
        """The certificate of the authority, PEM."""
        return self.certificate.authority

    def url(self, repository: str) -> str:
        """Return the URL of one repository."""
        return f"https://127.0.0.1:{self.port}/{repository}"

    def start(self) -> None:
        """Answer from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        self._server = _Quiet(("127.0.0.1", self.port), _asked(self._repositories, self._allows))
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Answer no more; the port is free afterwards."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _allows(self, authorization: str | None) -> bool:
        """Whether a request may read; None is one without a credential."""
        self.credentials_seen += authorization is not None
        expected = base64.b64encode(f"{SIGNS_IN_AS}:{self._token}".encode()).decode()
        return authorization == f"Basic {expected}"


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that broke off: some tests make it do so."""


def _asked(
    repositories: Path, allows: Callable[[str | None], bool]
) -> type[BaseHTTPRequestHandler]:
    """Return what answers the requests of one server."""

    class Asked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self._body())

        def _answer(self, body: bytes) -> None:
            if not allows(self.headers.get("Authorization")):
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, headers, content = _backend(repositories, self, body)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            else:
                raw = b"".join(iter(self._chunk, b""))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            return gzip.decompress(raw) if zipped else raw

        def _chunk(self) -> bytes:
            chunk = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return chunk

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    return Asked


def _backend(
    repositories: Path, asked: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Run `git http-backend` as CGI (RFC 3875); return status, headers and body."""
    path, _, query = asked.path.partition("?")
    environment = {
        **os.environ,
        "GIT_PROJECT_ROOT": str(repositories),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": asked.command,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_USER": "reader",
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_PROTOCOL": asked.headers.get("Git-Protocol", ""),
    }
    command: list[str | Path] = [binaries.need("git"), "http-backend"]
    done = subprocess.run(command, input=body, env=environment, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    pairs = [line.split(": ", 1) for line in head.decode().split("\r\n")]
    status = next((value for name, value in pairs if name == "Status"), "200")
    return int(status.split()[0]), [(n, v) for n, v in pairs if n != "Status"], content


@contextmanager
def ssh(folder: Path, repositories: Path) -> Iterator[SshHost]:
    """Serve `repositories` with sshd to whoever has the key made for it."""
    host = SshHost(folder, repositories)
    try:
        host.start()
        yield host
    finally:
        host.stop()


class SshHost:
    """An sshd of its own, with its own host key, that lets one key in, as our own account."""

    def __init__(self, folder: Path, repositories: Path) -> None:
        """Make the keys and choose the port; nothing answers before `start`."""
        self._folder, self._repositories = folder, repositories
        self.port = free_port()
        self.client_key = key(folder / "client")
        self._host_key = key(folder / "host")
        self._server: Server | None = None

    def url(self, repository: str) -> str:
        """Return the URL of one repository."""
        place = self._repositories / repository
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{place}"

    def known_host(self, key: Path | None = None) -> str:
        """Return the line of known_hosts that names this server, or one with another key."""
        public = (key or self._host_key).with_suffix(".pub").read_text(encoding="utf-8")
        return f"[127.0.0.1]:{self.port} {' '.join(public.split()[:2])}\n"

    def start(self) -> None:
        """Start sshd; returns when it answers."""
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        allowed = self._folder / "authorized_keys"
        allowed.write_bytes(self.client_key.with_suffix(".pub").read_bytes())
        settings = {
            "ListenAddress": f"127.0.0.1:{self.port}",
            "HostKey": self._host_key,
            "AuthorizedKeysFile": allowed,
            "PidFile": "none",
            "UsePAM": "no",
            "StrictModes": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
        }
        config = self._folder / "sshd_config"
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        log = self._folder / "sshd.log"
        self._server = Server("sshd", [binaries.need("sshd"), "-D", "-e", "-f", config], log)
        self._server.wait_until(lambda: "Server listening" in log.read_text(errors="replace"))

    def stop(self) -> None:
        """End sshd."""
        if self._server is not None:
            self._server.stop()
            self._server = None


def key(path: Path, phrase: str = "") -> Path:
    """Make an Ed25519 SSH key at `path`, locked with `phrase`; return `path`."""
    command: list[str | Path] = [
        binaries.need("ssh-keygen"),
        "-q",
        "-t",
        "ed25519",
        "-N",
        phrase,
        "-C",
        "test",
        "-f",
        path,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return path


@contextmanager
def agent(folder: Path, private: Path) -> Iterator[Path]:
    """Run an SSH agent that holds one key; yield its socket."""
    socket = folder / "agent"
    server = Server("ssh-agent", [binaries.need("ssh-agent"), "-D", "-a", socket], folder / "log")
    try:
        server.wait_until(socket.exists)
        environment = {**os.environ, "SSH_AUTH_SOCK": str(socket)}
        add: list[str | Path] = [binaries.need("ssh-add"), "-q", private]
        subprocess.run(add, env=environment, check=True, capture_output=True)
        yield socket
    finally:
        server.stop()
