"""The database itself refuses what Python should have refused."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from court_link.domain.errors import SlotTaken
from court_link.domain.events import EventKind
from court_link.store import Db, Session, events
from court_link.store.constraints import ConstraintMissing, assert_standing, establish
from court_link.store.migrate import migration_engine
from court_link.store.tables import Reservation
from tests.store.rows import CTX, add_booking, add_room, minutes
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)

OVERLAPPING: dict[str, tuple[float, float]] = {
    "the same": (0, 30),
    "an early start": (-10, 5),
    "a late end": (20, 40),
    "within": (10, 20),
    "around": (-10, 40),
    "by a microsecond before": (-10, 1 / 60_000_000),
    "by a microsecond after": (30 - 1 / 60_000_000, 60),
}


def drop_overlap_guards(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER reservation_no_overlap_insert"))
        connection.execute(text("DROP TRIGGER reservation_no_overlap_update"))
    else:
        connection.execute(text("ALTER TABLE reservation DROP CONSTRAINT reservation_no_overlap"))


def overlaps(session: Session, ctx) -> int:
    """Pairs of reservations of one resource that share any time: the truth, told by a join."""
    count: int = session.execute(
        text(
            "SELECT count(*) FROM reservation a JOIN reservation b ON a.resource_id = b.resource_id"
            " AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        )
    ).scalar_one()
    return count


async def a_room_booked_at_ten(db: Db) -> UUID:
    room = await db.write(add_room, CTX)
    await db.write(add_booking, CTX, room, TEN, TEN + minutes(30))
    return room


@pytest.mark.parametrize(("start", "end"), OVERLAPPING.values(), ids=OVERLAPPING)
async def test_an_overlap_is_refused(db: Db, start: float, end: float) -> None:
    room = await a_room_booked_at_ten(db)
    with pytest.raises(SlotTaken):
        await db.write(add_booking, CTX, room, TEN + minutes(start), TEN + minutes(end))
    assert await db.read(overlaps, CTX) == 0


async def test_of_many_at_once_one_gets_the_time(db: Db) -> None:
    room = await db.write(add_room, CTX)
    answers = await asyncio.gather(
        *(db.write(add_booking, CTX, room, TEN + minutes(n), TEN + minutes(n + 30)) for n in range(12)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["SlotTaken"] * 11 + ["UUID"]
    assert await db.read(overlaps, CTX) == 0


async def test_without_its_guard_the_overlap_is_seen(db: Db, database_url: str) -> None:
    room = await a_room_booked_at_ten(db)
    made = migration_engine(database_url)
    with made.begin() as connection:
        drop_overlap_guards(connection)
        with pytest.raises(ConstraintMissing):
            assert_standing(connection)
    made.dispose()
    await db.write(add_booking, CTX, room, TEN + minutes(10), TEN + minutes(20))
    assert await db.read(overlaps, CTX) == 1


async def test_back_to_back_hearings_and_other_rooms_do_not_clash(db: Db) -> None:
    room = await a_room_booked_at_ten(db)
    await db.write(add_booking, CTX, room, TEN - minutes(30), TEN)
    await db.write(add_booking, CTX, room, TEN + minutes(30), TEN + minutes(60))
    other = await db.write(add_room, CTX)
    await db.write(add_booking, CTX, other, TEN, TEN + minutes(30))
    assert await db.read(overlaps, CTX) == 0


async def test_a_reservation_is_not_moved_onto_another(db: Db) -> None:
    room = await a_room_booked_at_ten(db)
    later = await db.write(add_booking, CTX, room, TEN + minutes(60), TEN + minutes(90))

    def move(session, ctx, start: float) -> None:
        row = session.exec(select(Reservation).where(Reservation.booking_id == later)).one()
        row.starts_at, row.ends_at = TEN + minutes(start), TEN + minutes(start + 30)
        session.flush()

    with pytest.raises(SlotTaken):
        await db.write(move, CTX, 15)
    await db.write(move, CTX, 30)
    await db.write(move, CTX, 40)  # onto a part of its own old time
    assert await db.read(overlaps, CTX) == 0


async def test_a_reservation_that_ends_before_it_starts_is_refused(db: Db) -> None:
    room = await db.write(add_room, CTX)
    with pytest.raises(DBAPIError):
        await db.write(add_booking, CTX, room, TEN, TEN)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET request_id = 'other'",
        "DELETE FROM event",
        "UPDATE event_seal SET hash = ''",
        "DELETE FROM event_seal",
    ],
)
async def test_what_has_happened_is_not_changed(db: Db, change: str) -> None:
    await db.write(lambda session, ctx: events.record(session, ctx, EventKind.REPORT_READ), CTX)
    await db.sealed(0, 5)
    with pytest.raises(DBAPIError, match="append_only"):
        await db.write(lambda session, ctx: session.execute(text(change)), CTX)


async def test_what_has_happened_is_not_truncated(migrated_postgresql: Callable[[], str]) -> None:
    made = migration_engine(migrated_postgresql())
    with pytest.raises(DBAPIError, match="append_only"), made.begin() as connection:
        connection.execute(text("TRUNCATE event CASCADE"))
    made.dispose()


def test_a_guard_that_was_weakened_is_found_and_put_back(database_url: str) -> None:
    made = migration_engine(database_url)
    with made.begin() as connection:
        drop_overlap_guards(connection)
        if made.dialect.name == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER reservation_no_overlap_insert BEFORE INSERT ON reservation"
                    " BEGIN SELECT 1; END"
                )
            )
        else:
            connection.execute(
                text(
                    "ALTER TABLE reservation ADD CONSTRAINT reservation_no_overlap EXCLUDE USING gist"
                    " (resource_id WITH =, booking_id WITH =)"
                )
            )
        with pytest.raises(ConstraintMissing):
            assert_standing(connection)
        establish(connection)
        assert_standing(connection)
    made.dispose()
