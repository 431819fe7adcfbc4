"""The first schema: runs, intents, results, placements, inventory, leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("revision", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(512), nullable=False),
        sa.Column("started", sa.String(32), nullable=False),
        sa.Column("finished", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_index("ix_runs_started", "runs", ["started"])
    op.create_table(
        "intents",
        *_of_a_run(),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("revision", sa.String(128), nullable=False),
        sa.Column("closed", sa.Integer, nullable=False),
    )
    op.create_index("open_intents", "intents", ["target", "placement", "closed"])
    op.create_table(
        "results",
        *_of_a_run(),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_table(
        "placements",
        *_of_a_placement(),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("status", sa.JSON, nullable=False),
    )
    op.create_table(
        "inventory",
        *_of_a_placement(),
        sa.Column("id", sa.String(1024), primary_key=True),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("revision", sa.String(128), nullable=False),
        sa.Column("run", sa.String(128), nullable=False),
    )
    op.create_table(
        "leases",
        *_of_a_placement(),
        sa.Column("run", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(512), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("expires", sa.String(32), nullable=False),
    )
    op.create_index("ix_leases_run", "leases", ["run"])


def _of_a_placement() -> list[sa.Column[str]]:
    return [
        sa.Column("target", sa.String(256), primary_key=True),
        sa.Column("placement", sa.String(256), primary_key=True),
    ]


def _of_a_run() -> list[sa.Column[str]]:
    run = sa.Column(
        "run", sa.String(128), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    return [run, *_of_a_placement(), sa.Column("id", sa.String(1024), primary_key=True)]
