"""Connections to the database behind a state store, and what its errors mean to us.

SQLite: a file only its owner can read, write-ahead log, every commit on stable storage, writers
wait for each other. PostgreSQL: by URL, with the extra `postgres` installed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from reconciler.crashpoints import reached
from reconciler.errors import StateSettingsError, StateUnavailableError

_WAIT: Final = 10  # seconds to wait for another writer, or for a connection
# A server whose machine is gone says nothing: without these libpq waits a quarter of an hour for
# its answer. Each can be said otherwise in the URL.
_BOUNDS: Final = {
    "connect_timeout": _WAIT,
    "tcp_user_timeout": _WAIT * 1000,  # milliseconds until what was sent must be acknowledged
    "keepalives_idle": _WAIT,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}


class Database:
    """One database, reached through a pool of connections."""

    def __init__(self, url: str) -> None:
        """Read the URL; connects to nothing yet. Raises StateSettingsError."""
        self._url = _read(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self._url) if self.is_sqlite else _postgres(self._url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to read with."""
        with self._reached(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """Give a connection in a transaction, which is durable on leaving."""
        with self._reached():
            engine = self.engine.execution_options(writing=True)
            with engine.begin() as connection:
                yield connection
                reached(f"state.{what}.before-commit")
            reached(f"state.{what}.after-commit")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            if self.is_sqlite:
                _own(Path(self._url.database or ""))
            yield
        except (SQLAlchemyError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise StateUnavailableError(
                f"state store {self._url.render_as_string(hide_password=True)}: {cause}",
                remedy="see that the database runs and can be written to; targets are only "
                "observed until then",
                retry_after=5.0,
            ) from error


def _read(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # the latter: a port that is no number
        raise StateSettingsError(
            f"the URL of the state store cannot be read: {error}",
            remedy="write it as sqlite:////folder/state.db or postgresql://user@host/database",
        ) from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise StateSettingsError(
        f"a state store cannot be kept in {url.render_as_string(hide_password=True)!r}",
        remedy="use sqlite:////folder/state.db or postgresql://user@host/database",
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _WAIT})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A writer takes its place at once: one that reads first could only fail when it writes."""
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _own(path: Path) -> None:
    """Make the file for its owner alone, before SQLite makes it for everyone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _postgres(url: URL) -> Engine:
    try:
        bounds = {name: value for name, value in _BOUNDS.items() if name not in url.query}
        return create_engine(url, connect_args=bounds, pool_pre_ping=True, pool_timeout=_WAIT)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StateSettingsError(
            "the driver for PostgreSQL is not installed",
            remedy="pip install 'controlplane[postgres]'",
        ) from error
