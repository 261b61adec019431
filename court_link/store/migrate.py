"""Bringing a database up to this version's tables, or back down: Alembic, with the guards re-established.

Each call runs in one transaction on both engines: it happens whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, make_url, text

from court_link.paths import MIGRATIONS
from court_link.store import constraints, postgresql, sqlite

_LOCK = 0x434C4D4947  # "CLMIG"


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` up to `revision`; creates a SQLite file and its directory."""
    _migrate(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate back down to `revision` (`base` drops every table)."""
    _migrate(url, command.downgrade, revision)


def current(url: str) -> str | None:
    """The revision that the database at `url` stands at; None when it is empty."""
    made = looking_engine(url)
    try:
        with made.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        made.dispose()


def is_migrated(url: str) -> bool:
    """Whether there is a store with tables at `url`; looking does not make a file."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and not Path(parts.database or "").exists():
        return False
    return current(url) is not None


def newest() -> str | None:
    """The revision that this version's tables are."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def migration_engine(url: str) -> Engine:
    """An engine for whole-table work: SQLite re-creates tables, which foreign keys would stop."""
    if make_url(url).get_backend_name() == "sqlite":
        return sqlite.engine(url, foreign_keys=False)
    return postgresql.engine(url)


def looking_engine(url: str) -> Engine:
    """An engine that waits for no writer and writes nothing."""
    if make_url(url).get_backend_name() == "sqlite":
        return sqlite.engine(url, begin="BEGIN", read_only=True)
    return postgresql.engine(url)


def _migrate(url: str, step: Callable[[Config, str], None], revision: str) -> None:
    made = migration_engine(url)
    try:
        with made.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            if connection.dialect.name == "postgresql":  # one process at a time; SQLite's BEGIN sees to it
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            step(config, revision)
            finish(connection)
    finally:
        made.dispose()


def finish(connection: Connection) -> None:
    """What every migration ends with: the guards stand, and no row lost what it refers to."""
    constraints.establish(connection)
    constraints.assert_standing(connection)
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("a row refers to another that the migration took away")
