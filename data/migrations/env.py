"""Alembic's entry: runs the revisions on the database of the settings, or on the URL given by `data.session`."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString, SQLModel

from data import tables
from data.session import database_url, engine


def _plain_types(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Revisions name plain SQLAlchemy types, so that an old revision never changes with our code."""
    if kind == "type" and isinstance(item, tables.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        length = getattr(item.impl, "length", None)
        return f"sa.String(length={length})" if length else "sa.String()"
    return False


url = context.config.attributes.get("url") or database_url()
if context.is_offline_mode():
    context.configure(url=url, target_metadata=SQLModel.metadata, literal_binds=True, render_item=_plain_types)
    with context.begin_transaction():
        context.run_migrations()
else:
    with engine(url).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            compare_type=True,
            render_as_batch=True,
            render_item=_plain_types,
        )
        with context.begin_transaction():
            context.run_migrations()
