"""Alembic revisions of the tables in `data.tables`."""
