"""Who is refused waits for nobody: what stands already is seen before anything is locked (PostgreSQL)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import SlotTaken, Unavailable
from court_link.domain.requirements import Needs, Rules
from court_link.scheduling import booking
from court_link.store import Db, Session, open_db
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)


@pytest.fixture
def url(migrated_postgresql: Callable[[], str]) -> str:
    return migrated_postgresql()


@pytest.fixture
async def db(url: str, clock: SetClock) -> AsyncIterator[Db]:
    opened = await open_db(url, clock)
    yield opened
    await opened.close()


async def test_a_time_that_is_taken_is_refused_while_others_hold_its_room_and_a_free_one_waits(
    db: Db, url: str
) -> None:
    county = await County.settle(db)
    needs = Needs(county.courtroom, 30)
    mine, theirs = [
        await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN, title=title)
        for title in ("Mine", "R v Other")
    ]

    def in_a_hurry(session: Session, ctx: Context, hearing: UUID, hours: int) -> None:
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        booking.book(session, ctx, hearing, needs, TEN + timedelta(hours=hours), rules=Rules())

    async def book(hearing: UUID, hours: int) -> None:
        await db.write(in_a_hurry, county.listing_officer, hearing, hours)

    await book(theirs, 0)
    with psycopg.connect(url) as other:
        other.execute("SELECT FROM resource FOR UPDATE")
        with pytest.raises(SlotTaken) as refused:
            await book(mine, 0)
        with pytest.raises(Unavailable):  # the control: what is free waits for the room
            await book(mine, 2)
    (reason,) = refused.value.refusals
    assert (reason.resource, reason.reason) == ("Courtroom 1, Demo Court House", "is booked for R v Other")
    await book(mine, 2)


async def test_what_a_change_itself_replaces_is_in_nobody_s_way(db: Db) -> None:
    county = await County.settle(db)
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN)
    asked = (county.listing_officer, hearing, Needs(county.courtroom, 30))
    made = await db.write(booking.book, *asked, TEN, rules=Rules())
    later = TEN + timedelta(minutes=10)
    moved = await db.write(booking.book, *asked, later, rules=Rules(), replacing=made.id)
    assert moved.slot.start == later
