"""A group of hearings is moved all together or not at all: by kill -9 in the middle, and by refusal.

And a counted pool is never filled beyond its cap, by however many at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import SlotTaken
from court_link.domain.requirements import Needs, Rules
from court_link.scheduling import booking
from court_link.scheduling.booking import Change
from court_link.store import Db, bookings, buckets, open_db
from court_link.store.tables import CapacityBucket
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.promises.booking_process import TEN, document_of
from tests.promises.test_booking_races import halves, process, settle
from tests.stores import MONDAY

ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


async def three_booked(db: Db, county: County) -> list[UUID]:
    """Three hearings, an hour apart."""

    def book(session: Session, ctx: Context) -> list[UUID]:
        hearings = [add_hearing(session, ctx, county, TEN) for _ in range(3)]
        for number, hearing in enumerate(hearings):
            needs = Needs(county.courtroom, 20, (), (county.officer,))
            booking.book(session, ctx, hearing, needs, TEN + number * timedelta(hours=1), rules=Rules())
        return hearings

    return await db.write(book, SYSTEM_CONTEXT)


async def starts_after_a_kill(url: str, mode: str, moves: int) -> set[int]:
    """The minutes past the hour of the three, once whoever moves them is killed after so many moves."""
    db = await open_db(url, SetClock(MONDAY))
    county = await settle(db)
    hearings = await three_booked(db, county)
    await db.close()
    child = process(mode, url, document_of(county), ",".join(map(str, hearings)))
    assert child.stdout
    for _ in range(moves):
        assert await asyncio.to_thread(child.stdout.readline)
    child.kill()
    await asyncio.to_thread(child.communicate)
    db = await open_db(url, SetClock(MONDAY))
    try:
        standing = await db.read(lambda s, c: bookings.of_hearings(s, hearings, c.now), SYSTEM_CONTEXT)
        assert len(standing) == 3
        assert await db.read(halves, SYSTEM_CONTEXT) == []
    finally:
        await db.close()
    return {each.slot.start.minute for each in standing.values()}


@ENGINES
@pytest.mark.parametrize("moves", [1, 12])
async def test_a_group_is_moved_all_or_none_when_it_is_killed(
    engine: str, moves: int, request: pytest.FixtureRequest
) -> None:
    make: Callable[[], str] = request.getfixturevalue(f"migrated_{engine}")
    async with asyncio.timeout(120):
        assert len(await starts_after_a_kill(make(), "group", moves)) == 1


@ENGINES
async def test_control_moved_one_by_one_a_kill_leaves_them_apart(
    engine: str, request: pytest.FixtureRequest
) -> None:
    make: Callable[[], str] = request.getfixturevalue(f"migrated_{engine}")
    async with asyncio.timeout(120):
        assert len(await starts_after_a_kill(make(), "apart", 1)) == 2


async def test_a_group_of_which_one_is_refused_stays_as_it_was(db: Db) -> None:
    county = await settle(db)
    hearings = await three_booked(db, county)
    before = await db.read(lambda s, c: bookings.of_hearings(s, hearings, c.now), SYSTEM_CONTEXT)
    starts = [TEN + timedelta(minutes=5), TEN + timedelta(hours=2), TEN + timedelta(hours=2, minutes=10)]
    changes = [
        Change(hearing, before[hearing].needs, start, before[hearing].id)
        for hearing, start in zip(hearings, starts, strict=True)
    ]
    with pytest.raises(SlotTaken) as refused:
        await db.write(booking.rebook, county.listing_officer, changes, rules=Rules())
    assert refused.value.details["hearing_id"] == hearings[2]
    after = await db.read(lambda s, c: bookings.of_hearings(s, hearings, c.now), SYSTEM_CONTEXT)
    assert after == before
    assert await db.read(halves, SYSTEM_CONTEXT) == []


async def most_used(db: Db, media: int) -> int:
    """The most of the video service that is taken at once, when eight want two courtrooms and much of it."""
    county = await settle(db)

    async def want(number: int) -> bool:
        hearing = await db.write(lambda s, c: add_hearing(s, c, county, TEN), SYSTEM_CONTEXT)
        rooms = (county.courtroom, county.second_courtroom)
        start = TEN + timedelta(minutes=15 * (number // 2 % 2))
        needs = Needs(rooms[number % 2], 15, others=9)
        try:
            await db.write(
                booking.book, county.listing_officer, hearing, needs, start, rules=Rules(media_capacity=media)
            )
        except SlotTaken:
            return False
        return True

    booked = await asyncio.gather(*map(want, range(8)))
    assert any(booked)
    return max(
        await db.read(lambda s, c: [row.used for row in s.exec(select(CapacityBucket))], SYSTEM_CONTEXT)
    )


async def test_a_pool_is_never_filled_beyond_its_cap(db: Db) -> None:
    assert await most_used(db, media=15) == 10


async def test_control_without_the_guard_the_pool_is_overfilled(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = buckets.change

    def unguarded(session: Session, delta: Any, caps: Any) -> frozenset[buckets.Key]:
        return guarded(session, delta, dict.fromkeys(caps, 1000))

    monkeypatch.setattr(buckets, "change", unguarded)
    assert await most_used(db, media=15) == 20
