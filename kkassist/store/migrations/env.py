"""Runs the steps on the connection that `kkassist.store.migrate` hands over; that one commits."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
