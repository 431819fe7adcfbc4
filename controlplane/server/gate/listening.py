"""Sockets and TLS: where the workers listen, and how their certificates are renewed.

Every worker has a listening socket of its own on the one port (SO_REUSEPORT), made by the process
that starts them, so that what waits in it is not lost when a worker ends and another takes over.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controlplane.errors import UsageError
from controlplane.server.gate.http1 import Peers

_BACKLOG = 512
_HANDSHAKE = 10.0  # seconds


@dataclass(frozen=True)
class TlsFiles:
    """The files of a server's certificate, PEM; `client_ca` None where clients need none."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def stamp(self) -> tuple[object, ...]:
        """Return what changes when one of the files does."""
        places = (self.certificate, self.key, self.client_ca)
        return tuple(_stamp(place) for place in places if place is not None)


def _stamp(place: Path) -> object:
    with suppress(OSError):
        status = place.stat()
        return (status.st_mtime_ns, status.st_size, status.st_ino)
    return None


def context(files: TlsFiles) -> ssl.SSLContext:
    """Return the TLS settings of a server; raises UsageError for files that do not fit."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    try:
        made.load_cert_chain(files.certificate, files.key, password=_no_password)
        if files.client_ca is not None:
            made.load_verify_locations(cafile=files.client_ca)
            made.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"the certificate {files.certificate} cannot be used: {reason}",
            remedy="give a PEM certificate (the whole chain) and its unencrypted private key",
        ) from error
    return made


def _no_password() -> str:
    raise ValueError("the private key is encrypted")


def sockets(host: str, port: int, count: int) -> list[socket.socket]:
    """Return `count` listening sockets on one address; port 0 is any free one.

    Raises UsageError where that cannot be.
    """
    made: list[socket.socket] = []
    try:
        for _ in range(count):
            made.append(_socket(host, made[0].getsockname()[1] if made else port))
    except (OSError, ValueError) as error:
        for each in made:
            each.close()
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {words}",
            remedy="choose another address with --listen HOST:PORT, port 0 for any free one",
        ) from error
    return made


def _socket(host: str, port: int) -> socket.socket:
    family, kind, number, _, address = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind, number)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
        made.listen(_BACKLOG)
        made.setblocking(False)  # noqa: FBT003 - the name of the standard library
    except OSError:
        made.close()
        raise
    return made


class Listener:
    """A listening socket in use. A renewed certificate counts for new connections."""

    def __init__(self, listening: socket.socket, peers: Peers, files: TlsFiles | None) -> None:
        self._socket, self._peers, self._files = listening, peers, files
        self._server: asyncio.Server | None = None
        self._stamp: tuple[object, ...] = ()

    async def start(self) -> None:
        """Begin to take connections."""
        if self._files is None:
            await self._listen(None)
        else:
            self._stamp = self._files.stamp()
            await self._listen(context(self._files))

    async def renew(self) -> bool:
        """Use a certificate that was changed; False where nothing was.

        Raises UsageError for one that cannot be used; the one before stays then.
        """
        if self._files is None or (stamp := self._files.stamp()) == self._stamp:
            return False
        self._stamp = stamp
        await self._listen(context(self._files))
        return True

    async def _listen(self, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        before = self._server
        if before is not None:
            before.close()  # first: two must not wait for one socket's connections
        self._server = await loop.create_server(
            self._peers.connection,
            sock=self._socket.dup(),
            ssl=tls,
            backlog=_BACKLOG,
            ssl_handshake_timeout=_HANDSHAKE if tls else None,
        )

    def stop(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            self._server.close()
        self._socket.close()


def address_of(listening: Sequence[socket.socket]) -> str:
    """Return the address really bound, as HOST:PORT."""
    host, port = listening[0].getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
