"""What the database itself refuses, beyond what a table's columns can say.

- Two reservations of one resource that overlap (half-open: back-to-back is allowed).
- Any change to an event or to its seal once it is written.

PostgreSQL: `EXCLUDE USING gist` and a trigger function. SQLite: triggers that `RAISE(ABORT)`, which end the
statement and leave the transaction standing. Alembic's batch mode drops SQLite's triggers without a word, so
every migration ends with `establish` and `assert_standing`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, inspect, text

OVERLAP = "reservation_no_overlap"
APPEND_ONLY = "append_only"
_WRITTEN_ONCE = ("event", "event_seal")

# Among rows that do not overlap, only the last one that starts before the new end can clash: one index seek.
# SQLite keeps moments as text of one width, so they compare as they read.
_PREDECESSOR_END = (
    "SELECT ends_at FROM reservation WHERE resource_id = NEW.resource_id AND starts_at < NEW.ends_at"
    " AND id <> NEW.id ORDER BY starts_at DESC LIMIT 1"
)


class ConstraintMissing(RuntimeError):
    """The database lacks a guard that the product stands on: run `court-link migrate`."""


def establish(connection: Connection) -> None:
    """Put every guard in its place on the tables that exist; those that stand already stay."""
    tables = set(inspect(connection).get_table_names())
    if connection.dialect.name == "sqlite":
        for name, statement in _sqlite_triggers(tables).items():
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            connection.execute(text(statement))
    else:
        _establish_postgresql(connection, tables)


def assert_standing(connection: Connection) -> None:
    """Raises ConstraintMissing naming the first guard that is absent, changed or switched off."""
    tables = set(inspect(connection).get_table_names())
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        standing = {row.name: row.sql for row in rows}
        for name, statement in _sqlite_triggers(tables).items():
            if standing.get(name) != statement:
                raise ConstraintMissing(f"trigger {name}")
    else:
        _assert_postgresql(connection, tables)


def _sqlite_triggers(tables: set[str]) -> Mapping[str, str]:
    """Every trigger, by name, in the text that SQLite keeps of it."""
    triggers: dict[str, str] = {}
    if "reservation" in tables:
        for name, moment in (
            (f"{OVERLAP}_insert", "INSERT"),
            (f"{OVERLAP}_update", "UPDATE OF resource_id, starts_at, ends_at"),
        ):
            triggers[name] = (
                f"CREATE TRIGGER {name} BEFORE {moment} ON reservation WHEN ({_PREDECESSOR_END})"
                f" > NEW.starts_at BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"
            )
    for table in _WRITTEN_ONCE:
        if table in tables:
            for change in ("UPDATE", "DELETE"):
                name = f"{table}_{APPEND_ONLY}_{change.lower()}"
                triggers[name] = (
                    f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
                )
    return triggers


def _establish_postgresql(connection: Connection, tables: set[str]) -> None:
    if "reservation" in tables and not _overlap_stands(connection):
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        connection.execute(text(f"ALTER TABLE reservation DROP CONSTRAINT IF EXISTS {OVERLAP}"))
        connection.execute(
            text(
                f"ALTER TABLE reservation ADD CONSTRAINT {OVERLAP} EXCLUDE USING gist"
                " (resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
            )
        )
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION refuse_{APPEND_ONLY}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    )
    for table in _WRITTEN_ONCE:
        if table in tables:
            for name, change in _postgresql_triggers(table).items():
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name} ON {table}"))
                connection.execute(
                    text(
                        f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
                        f" EXECUTE FUNCTION refuse_{APPEND_ONLY}()"
                    )
                )


def _postgresql_triggers(table: str) -> Mapping[str, str]:
    return {
        f"{table}_{APPEND_ONLY}": "UPDATE OR DELETE",
        f"{table}_{APPEND_ONLY}_truncate": "TRUNCATE",
    }


def _assert_postgresql(connection: Connection, tables: set[str]) -> None:
    if "reservation" in tables and not _overlap_stands(connection):
        raise ConstraintMissing(f"constraint {OVERLAP}")
    rows = connection.execute(
        text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
    )
    standing = {row.tgname for row in rows}
    for table in _WRITTEN_ONCE:
        if table in tables:
            for name in _postgresql_triggers(table):
                if name not in standing:
                    raise ConstraintMissing(f"trigger {name}")


def _overlap_stands(connection: Connection) -> bool:
    definition = connection.execute(
        text(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = to_regclass('reservation') AND conname = :name"
            " AND contype = 'x' AND convalidated"
        ),
        {"name": OVERLAP},
    ).scalar()
    return definition == ("EXCLUDE USING gist (resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)")
