"""Alembic's environment: `store.migrate` passes its connection, the `alembic` command opens its own."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import court_link.store.tables  # noqa: F401 - fills the metadata
from court_link.settings import Settings
from court_link.store.columns import Moment, Word
from court_link.store.migrate import finish, migration_engine


def plain(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write a migration in plain column types, so that it stays true when our own types change."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, (Word, AutoString)):
        return "sa.Text()" if isinstance(item, Word) else "sa.String()"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_item=plain,
        compare_type=True,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = migration_engine(Settings(mode="test").database_url)
    with engine.begin() as opened:
        run(opened)
        finish(opened)
