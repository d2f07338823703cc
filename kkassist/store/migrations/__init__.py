"""Alembic's steps from each schema to the next; run by `kkassist.store.migrate`, never from an ini file."""
