"""Every migration goes up, down and up on data, and leaves the tables that the program has."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from court_link.domain.clock import SetClock
from court_link.paths import MIGRATIONS
from court_link.store import open_db
from court_link.store.constraints import ConstraintMissing, assert_standing
from court_link.store.migrate import current, downgrade, migration_engine, newest, upgrade
from tests.store.rows import CTX, add_booking, add_room, minutes
from tests.store.test_constraints import TEN

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new directory/court-link.sqlite3"
    make: Callable[[], str] = request.getfixturevalue("empty_postgresql")
    return make()


def test_migrating_leaves_the_tables_that_the_program_has(database_url: str) -> None:
    made = migration_engine(database_url)
    with made.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    made.dispose()


def test_a_database_goes_from_nothing_to_the_newest_and_back(empty_url: str) -> None:
    assert current(empty_url) is None
    upgrade(empty_url)
    upgrade(empty_url)
    assert current(empty_url) == newest() == REVISIONS[-1]
    downgrade(empty_url, "base")
    assert current(empty_url) is None
    made = migration_engine(empty_url)
    assert set(inspect(made).get_table_names()) <= {"alembic_version"}
    made.dispose()


def test_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upgrade, [empty_url] * 4))
    assert current(empty_url) == newest()


async def test_a_store_that_was_never_migrated_is_not_opened(empty_url: str, clock: SetClock) -> None:
    with pytest.raises(ConstraintMissing, match="no tables"):
        await open_db(empty_url, clock)


async def test_every_migration_goes_up_down_and_up_on_data(database_url: str, clock: SetClock) -> None:
    db = await open_db(database_url, clock)
    room = await db.write(add_room, CTX)
    for number in range(20):
        start = TEN + minutes(30 * number)
        await db.write(add_booking, CTX, room, start, start + minutes(30))
    await db.close()
    for older in [*REVISIONS[-2::-1], "base"]:
        downgrade(database_url, older)
        assert guarded_reservations(database_url) == (20 if older != "base" else None)
        upgrade(database_url)
        assert guarded_reservations(database_url) == (20 if older != "base" else 0)


def test_a_migration_that_loses_a_guard_and_does_not_restore_it_is_not_committed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = migration_engine(database_url)
    with made.begin() as connection:
        if made.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER event_append_only_delete"))
        else:
            connection.execute(text("DROP TRIGGER event_append_only ON event"))
    monkeypatch.setattr("court_link.store.constraints.establish", lambda connection: None)
    with pytest.raises(ConstraintMissing):
        upgrade(database_url)
    monkeypatch.undo()
    upgrade(database_url)
    with made.connect() as connection:
        assert_standing(connection)
    made.dispose()


def guarded_reservations(url: str) -> int | None:
    """How many reservations there are, under guards that stand; None when there is no such table."""
    made = migration_engine(url)
    try:
        with made.connect() as connection:
            assert_standing(connection)
            if not inspect(connection).has_table("reservation"):
                return None
            return int(connection.execute(text("SELECT count(*) FROM reservation")).scalar_one())
    finally:
        made.dispose()
