"""The state store in SQLite."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

import pygit2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.repo.git import GitRepository
from reconciler.errors import StateSchemaError, StateSettingsError, StateUnavailableError
from reconciler.state import migrate
from reconciler.state.base import StateStore
from reconciler.state.database import Database
from reconciler.state.sql import SqlStateStore
from reconciler.state.tables import HEAD, metadata
from tests.conformance.state import StateBench, StateConformance


class SqliteBench(StateBench):
    """A file, opened again by each process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.gone: set[str] = set()
        self.opened: list[StateStore] = []
        migrate.migrate(Database(self.url))

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def open(self, process: str = "first") -> StateStore:
        store = SqlStateStore(
            Database(self.url),
            clock=lambda: self.now,
            myself=process,
            is_gone=self.gone.__contains__,
        )
        self.opened.append(store)
        return store

    def end(self, process: str) -> None:
        self.gone.add(process)

    def take_away(self) -> None:
        for store in self.opened:
            store.close()
        self.path.unlink()
        self.path.mkdir()


class TestSqliteStateStore(StateConformance):
    """SQLite."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> StateBench:
        return SqliteBench(tmp_path / "state.db")


def opened(path: Path) -> SqlStateStore:
    return SqlStateStore.open(f"sqlite:///{path}", clock=lambda: datetime.now(UTC))


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state.db"
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_commit_is_on_stable_storage(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'state.db'}").reading() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert said == ["wal", 2, 1]


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: opened(tmp_path / "state.db"), range(4)))
    for store in stores:
        store.check()


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'state.db'}")
    migrate.migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert migrate.versions()[-1] == HEAD


def test_a_later_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    opened(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StateSchemaError, match="9999") as caught:
        opened(path)
    assert "upgrade" in caught.value.remedy


def test_a_file_that_is_no_database_is_an_unavailable_store(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StateUnavailableError, match="not a database"):
        opened(path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://root@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://user@host:port/db",
    ],
)
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(StateSettingsError) as caught:
        Database(url)
    assert "sqlite:////folder" in caught.value.remedy


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StateSettingsError) as caught:
        Database("mysql://root:hush@host/db")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["sqlite", "postgresql"])
def test_the_scheme_of_its_url_finds_a_store(scheme: str) -> None:
    (found,) = entry_points(group="controlplane.state_stores", name=scheme)
    assert issubclass(found.load(), StateStore)


@pytest.mark.parametrize("url", ["mysql://root:hush@host/db", "hush", "", "://", "sqlite"])
def test_a_url_of_no_store_that_is_installed_is_refused(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["state", "migrate", "--state", url]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "begin it with one of postgresql://, sqlite://" in said
    assert "hush" not in said


@pytest.mark.parametrize("command", [["status"], ["state", "runs"]])
def test_whoever_only_reads_makes_no_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """An empty store would pass for an empty fleet."""
    GitRepository.open(Path(pygit2.init_repository(str(tmp_path / "r")).path))
    store = tmp_path / "nowhere" / "state.db"
    given = [*command, "--root", str(tmp_path / "r"), "--state", f"sqlite:///{store}"]
    assert run(given) == Exit.USAGE
    assert f"there is no state store at {store}" in capsys.readouterr().err
    assert not store.parent.exists()


@pytest.mark.parametrize("command", [["status"], ["state", "runs"]])
def test_where_nothing_was_applied_reading_leaves_nothing_behind(
    tmp_path: Path, command: list[str]
) -> None:
    repository = GitRepository.open(Path(pygit2.init_repository(str(tmp_path / "r")).path))
    assert run([*command, "--root", str(tmp_path / "r")]) == Exit.CLEAN
    assert not (repository.git_dir / "cpctl").exists()
