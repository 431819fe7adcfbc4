"""The state store in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from reconciler.errors import StateSchemaError
from reconciler.state import migrate
from reconciler.state.base import StateStore
from reconciler.state.database import Database
from reconciler.state.sql import SqlStateStore
from reconciler.state.tables import metadata
from tests.conformance.state import StateBench, StateConformance
from tests.support.postgres import PostgresServer


class PostgresBench(StateBench):
    """A database of the test's own; it is taken away by renaming it."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self.server = server
        self.url = url
        self.gone: set[str] = set()
        self.opened: list[SqlStateStore] = []
        self.databases = [Database(url)]
        migrate.migrate(self.databases[0])

    def open(self, process: str = "first") -> StateStore:
        self.databases.append(Database(self.url))
        return SqlStateStore(
            self.databases[-1],
            clock=lambda: self.now,
            myself=process,
            is_gone=self.gone.__contains__,
        )

    def end(self, process: str) -> None:
        self.gone.add(process)

    def take_away(self) -> None:
        self.close()
        for database in self.databases:
            database.engine.dispose()
        name = self.url.rpartition("/")[2]
        self._renamed(name, f"{name}_away")

    def bring_back(self) -> None:
        name = self.url.rpartition("/")[2]
        self._renamed(f"{name}_away", name)

    def _renamed(self, old: str, new: str) -> None:
        admin = Database(self.server.url())
        with admin.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                f'ALTER DATABASE "{old}" RENAME TO "{new}"'
            )
        admin.close()

    def close(self) -> None:
        for database in self.databases:
            database.close()


class TestPostgresStateStore(StateConformance):
    """PostgreSQL."""

    @pytest.fixture
    def bench(self, postgres_server: PostgresServer, postgres_url: str) -> Iterator[StateBench]:
        bench = PostgresBench(postgres_server, postgres_url)
        yield bench
        bench.close()
        name = postgres_url.rpartition("/")[2]
        admin = Database(postgres_server.url())
        with admin.reading() as connection:
            away = connection.exec_driver_sql(
                f"SELECT 1 FROM pg_database WHERE datname = '{name}_away'"
            ).scalar()
        admin.close()
        if away:
            bench.bring_back()


def test_the_schema_is_not_made_unasked(postgres_url: str) -> None:
    with pytest.raises(StateSchemaError, match="missing") as caught:
        SqlStateStore.open(postgres_url, clock=lambda: datetime.now(UTC))
    assert "cpctl state migrate" in caught.value.remedy


def test_many_may_migrate_at_once(postgres_url: str) -> None:
    databases = [Database(postgres_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate.migrate, databases))
    with databases[0].reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    for database in databases:
        database.close()
    assert found == []
    SqlStateStore.open(postgres_url, clock=lambda: datetime.now(UTC)).close()


@pytest.mark.parametrize(
    ("asked", "milliseconds"), [("", "10000"), ("?tcp_user_timeout=4000", "4000")]
)
def test_a_server_that_says_nothing_any_more_is_given_up(
    postgres_url: str, asked: str, milliseconds: str
) -> None:
    database = Database(postgres_url + asked)
    try:
        with database.reading() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            assert driver.info.get_parameters()["tcp_user_timeout"] == milliseconds
    finally:
        database.close()
