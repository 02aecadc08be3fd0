"""Run by Alembic for every command; the connection comes from `schema.py`."""

from alembic import context

from reconciler.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.METADATA,
    render_as_batch=True,
)
context.run_migrations()
