"""What the database itself refuses, beyond what a table's columns can say.

- Two reservations of one resource that overlap (half-open: back-to-back is allowed).
- Any change to an event or to its seal once it is written.

PostgreSQL: `EXCLUDE USING gist` and triggers. SQLite: triggers that `RAISE(ABORT)`, which end the statement
and leave the transaction standing. Alembic's batch mode drops SQLite's triggers without a word, so every
migration ends with `establish` and `assert_standing`.
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
_EXCLUSION = "EXCLUDE USING gist (resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&)"
_REFUSE = f"refuse_{APPEND_ONLY}"


class ConstraintMissing(RuntimeError):
    """The database lacks a guard that the product stands on: run `court-link migrate`."""


def establish(connection: Connection) -> None:
    """Put every guard in its place on the tables that exist; those that stand already stay."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'"
                " USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        )
    standing = _standing(connection)
    for (table, name), statement in _guards(connection).items():
        if standing.get(name) != statement:
            connection.execute(text(_drop(connection, table, name)))
            connection.execute(text(statement))


def assert_standing(connection: Connection) -> None:
    """Raises ConstraintMissing naming the first guard that is absent, changed or switched off."""
    standing = _standing(connection)
    for (table, name), statement in _guards(connection).items():
        if standing.get(name) != statement:
            raise ConstraintMissing(f"{name} on {table}")


def _guards(connection: Connection) -> Mapping[tuple[str, str], str]:
    """The statement that makes each guard, by table and name, for the tables that exist."""
    tables = inspect(connection).get_table_names()
    guards = _sqlite_guards() if connection.dialect.name == "sqlite" else _postgresql_guards()
    return {(table, name): statement for (table, name), statement in guards.items() if table in tables}


def _standing(connection: Connection) -> Mapping[str, str]:
    """The statement of each guard that is there and switched on, by name."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT conname, 'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || conname || ' '"
            " || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'x' AND convalidated"
            " UNION ALL SELECT tgname, replace(pg_get_triggerdef(oid, true), 'FOR EACH STATEMENT ', '')"
            " FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
    return {row[0]: row[1] for row in connection.execute(text(query))}


def _drop(connection: Connection, table: str, name: str) -> str:
    if connection.dialect.name == "sqlite":
        return f"DROP TRIGGER IF EXISTS {name}"
    if name == OVERLAP:
        return f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"
    return f"DROP TRIGGER IF EXISTS {name} ON {table}"


def _sqlite_guards() -> Mapping[tuple[str, str], str]:
    guards = {
        ("reservation", f"{OVERLAP}_{what.split()[0].lower()}"): (
            f"CREATE TRIGGER {OVERLAP}_{what.split()[0].lower()} BEFORE {what} ON reservation"
            f" WHEN ({_PREDECESSOR_END}) > NEW.starts_at BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END"
        )
        for what in ("INSERT", "UPDATE OF resource_id, starts_at, ends_at")
    }
    for table in _WRITTEN_ONCE:
        for change in ("UPDATE", "DELETE"):
            name = f"{table}_{APPEND_ONLY}_{change.lower()}"
            guards[table, name] = (
                f"CREATE TRIGGER {name} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
            )
    return guards


def _postgresql_guards() -> Mapping[tuple[str, str], str]:
    guards = {("reservation", OVERLAP): f"ALTER TABLE reservation ADD CONSTRAINT {OVERLAP} {_EXCLUSION}"}
    for table in _WRITTEN_ONCE:
        for suffix, change in (("", "DELETE OR UPDATE"), ("_truncate", "TRUNCATE")):
            name = f"{table}_{APPEND_ONLY}{suffix}"
            guards[table, name] = (
                f"CREATE TRIGGER {name} BEFORE {change} ON {table} EXECUTE FUNCTION {_REFUSE}()"
            )
    return guards
