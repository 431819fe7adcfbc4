"""The schema, as one set of tables for SQLite and PostgreSQL.

A change here needs a migration in `migrations/versions` and a new HEAD; a test compares the two.
Times are RFC 3339 text in UTC, so that both databases order and return them alike.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

HEAD: Final = "0001"

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("revision", String(128), nullable=False),
    Column("holder", String(512), nullable=False),
    Column("started", String(32), nullable=False, index=True),
    Column("finished", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("summary", Text, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("target", String(256), primary_key=True),
    Column("placement", String(256), primary_key=True),
    Column("id", String(1024), primary_key=True),
    Column("verb", String(16), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("revision", String(128), nullable=False),
    Column("closed", Integer, nullable=False),  # 1 once how it ended is known
    Index("open_intents", "target", "placement", "closed"),
)

results = Table(
    "results",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("target", String(256), primary_key=True),
    Column("placement", String(256), primary_key=True),
    Column("id", String(1024), primary_key=True),
    Column("result", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

placements = Table(
    "placements",
    metadata,
    Column("target", String(256), primary_key=True),
    Column("placement", String(256), primary_key=True),
    Column("phase", String(16), nullable=False),
    Column("status", JSON, nullable=False),
)

inventory = Table(
    "inventory",
    metadata,
    Column("target", String(256), primary_key=True),
    Column("placement", String(256), primary_key=True),
    Column("id", String(1024), primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("revision", String(128), nullable=False),
    Column("run", String(128), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("target", String(256), primary_key=True),
    Column("placement", String(256), primary_key=True),
    Column("run", String(128), nullable=False, index=True),
    Column("holder", String(512), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires", String(32), nullable=False),
)
