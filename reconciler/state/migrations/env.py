"""Runs migrations in the transaction of the connection it was given."""

from alembic import context

from reconciler.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
