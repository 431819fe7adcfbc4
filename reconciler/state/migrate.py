"""Brings a database to the schema of this version, and says when it is not there.

Alembic is imported only by what runs migrations: it takes a quarter of a second, which a database
that is up to date need not pay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, String, inspect, select, text
from sqlalchemy.sql import column, table

from reconciler.errors import StateSchemaError
from reconciler.state.database import Database
from reconciler.state.tables import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x63706374  # an advisory lock's number: "cpct"


def migrate(database: Database) -> None:
    """Bring the schema to HEAD; several processes may do so at once.

    Raises StateSchemaError where a later version of this program has been at work.
    """
    from alembic import command  # noqa: PLC0415 - see the module's docstring
    from alembic.util import CommandError  # noqa: PLC0415

    with database.writing("migration") as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _not_ours(current(connection)) from error


def check(database: Database) -> None:
    """Raise StateSchemaError unless the schema is at HEAD."""
    with database.reading() as connection:
        found = current(connection)
    if found != HEAD:
        raise _not_ours(found)


def is_current(database: Database) -> bool:
    """Whether the schema is at HEAD."""
    with database.reading() as connection:
        return current(connection) == HEAD


def current(connection: Connection) -> str:
    """Return the schema's version; empty where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    version = column("version_num", String)
    found = connection.scalar(select(version).select_from(table("alembic_version")))
    return found or ""


def versions() -> list[str]:
    """Return every version there is a migration for, oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see the module's docstring

    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in scripts][::-1]


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _not_ours(found: str) -> StateSchemaError:
    return StateSchemaError(
        f"the state store's schema is {found or 'missing'}; this version works with {HEAD}",
        remedy="run `cpctl state migrate --state URL`; where the schema is the later one, upgrade "
        "this program",
    )
