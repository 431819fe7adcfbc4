"""A real PostgreSQL cluster on loopback, made new for a test run and deleted after it.

The server refuses to run as root, so that root runs it as the account of Debian's package.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import binaries
from tests.support.process import Server, free_port

SUPERUSER = "postgres"
# A test database needs no durability: it ends with the run.
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """One database server with a password for its superuser and a database per test."""

    def __init__(self) -> None:
        """Choose port and password; nothing is written before `start`."""
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self._account = _account()
        self.directory: Path | None = None
        self._server: Server | None = None

    @property
    def groups(self) -> list[int]:
        """The process groups of the running server."""
        return [self._server.group] if self._server else []

    def start(self) -> None:
        """Create the cluster and start the server; returns when it accepts connections."""
        # Not the folder of pytest: other accounts cannot enter that one.
        self.directory = Path(tempfile.mkdtemp(prefix="cpctl-postgres-"))
        if self._account:
            shutil.chown(self.directory, self._account, self._account)
        data = self.directory / "data"
        self._initialise(data)
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self.directory}",
            *UNSAFE,
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        self._server = Server(
            "postgres",
            [binaries.need("postgres"), "-D", str(data), *options],
            self.directory / "postgres.log",
            user=self._account,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, rolls back, shuts down
        )
        self._server.wait_until(self._accepts)

    def stop(self) -> None:
        """End the server and delete its data."""
        if self._server:
            self._server.stop()
            self._server = None
        if self.directory:
            shutil.rmtree(self.directory)
            self.directory = None

    def url(self, database: str = SUPERUSER) -> str:
        """Return the SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """Create an empty database, yield its SQLAlchemy URL, drop it on leaving."""
        name = sql.Identifier(database := f"test_{secrets.token_hex(4)}")
        self._execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield self.url(database)
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _initialise(self, data: Path) -> None:
        assert self.directory is not None
        password = self.directory / "password"
        password.touch(mode=0o600)
        password.write_text(self.password, encoding="utf-8")
        if self._account:
            shutil.chown(password, self._account, self._account)
        flags = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [binaries.need("initdb"), "-D", data, "-U", SUPERUSER, f"--pwfile={password}", *flags],
            check=True,
            capture_output=True,
            cwd=self.directory,
            user=self._account or None,
            group=self._account or None,
            extra_groups=[] if self._account else None,
        )
        password.unlink()

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=SUPERUSER,
            autocommit=True,
            connect_timeout=5,
        )

    def _accepts(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _account() -> str:
    """Return the account to run the server as: empty for our own, unless we are root."""
    if os.geteuid() != 0:
        return ""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return SUPERUSER if SUPERUSER in names else "nobody"
