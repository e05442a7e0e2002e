"""Runs the revisions on the connection that `migration` hands over; there is no alembic.ini and no command line."""

from __future__ import annotations

from alembic import context

from governance_server.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
