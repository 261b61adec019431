"""What is due is done once, by whoever looks; readers do not wait for the tick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain.booking import BookingState
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.hearing import EndCause, HearingState
from court_link.domain.ids import new_id
from court_link.domain.requirements import Needs, Rules
from court_link.scheduling import booking, matters, running, scheduler, sweeps, vacating
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db, Session, idempotency, open_db
from court_link.store.due import DueKind
from court_link.store.tables import Booking, Delivery, DueJob, Hearing, Idempotency
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def listed(db: Db, county: County) -> UUID:
    return await db.write(lambda s, c: add_hearing(s, c, county, TEN), SYSTEM_CONTEXT)


async def booked(db: Db, county: County) -> UUID:
    hearing = await listed(db, county)
    needs = Needs(county.courtroom, 30)
    await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    return hearing


async def held(db: Db, county: County) -> UUID:
    hearing = await listed(db, county)
    needs = Needs(county.courtroom, 30)
    return (await db.write(booking.hold, county.listing_officer, hearing, needs, TEN, rules=Rules())).id


async def row(db: Db, hearing: UUID) -> Hearing:
    return await db.read(lambda s, c: s.get_one(Hearing, hearing), SYSTEM_CONTEXT)


async def test_the_lobby_opens_half_an_hour_before(db: Db, county: County, clock: SetClock) -> None:
    hearing = await booked(db, county)
    clock.set(TEN - timedelta(minutes=30, seconds=1))
    assert await scheduler.tick(db) == []
    clock.set(TEN - timedelta(minutes=30))
    before = await db.read(matters.summary, county.listing_officer, hearing)
    (done,) = await scheduler.tick(db)
    after = await db.read(matters.summary, county.listing_officer, hearing)
    assert (done.kind, done.subject_id) == (DueKind.OPEN_LOBBY, hearing)
    assert before.state is after.state is HearingState.LOBBY_OPEN
    assert (await row(db, hearing)).opened_at == clock.now()


async def test_a_hold_lapses_and_a_reader_sees_no_difference(db: Db, county: County, clock: SetClock) -> None:
    booking_id = await held(db, county)
    clock.set(MONDAY + Rules().hold)
    await scheduler.tick(db)
    state = await db.read(lambda s, c: s.get_one(Booking, booking_id).state, SYSTEM_CONTEXT)
    assert state is BookingState.LAPSED


async def test_a_forgotten_hearing_is_ended_by_the_service(db: Db, county: County, clock: SetClock) -> None:
    hearing = await booked(db, county)
    clock.set(TEN)
    await db.write(running.start, county.listing_officer, hearing)
    clock.set(MONDAY + timedelta(hours=15))
    before = await db.read(matters.summary, county.listing_officer, hearing)
    await scheduler.tick(db)
    after = await row(db, hearing)
    assert before.state is after.state is HearingState.ENDED
    assert (after.end_cause, after.outcome) == (EndCause.FORGOTTEN, None)


async def test_a_vacated_hearing_opens_no_lobby(db: Db, county: County, clock: SetClock) -> None:
    hearing = await booked(db, county)
    await db.write(vacating.vacate, county.listing_officer, hearing, VacateReason.RESOLVED)
    clock.set(TEN)
    assert await scheduler.tick(db) == []
    assert (await row(db, hearing)).state is HearingState.VACATED


async def test_a_lobby_that_a_person_opened_is_not_opened_again(
    db: Db, county: County, clock: SetClock
) -> None:
    hearing = await booked(db, county)
    clock.set(TEN - timedelta(minutes=30))
    await db.write(running.open_lobby, county.listing_officer, hearing)
    version = (await row(db, hearing)).version
    await scheduler.tick(db)
    assert (await row(db, hearing)).version == version


@pytest.fixture
async def others(database_url: str, clock: SetClock) -> AsyncIterator[list[Db]]:
    """Three more openings of the same store, as other processes have."""
    opened = [await open_db(database_url, clock) for _ in range(3)]
    yield opened
    for each in opened:
        await each.close()


async def test_however_many_look_each_thing_is_done_once(
    db: Db, others: list[Db], county: County, clock: SetClock
) -> None:
    lapsing = set()
    for number in range(12):
        hearing = await listed(db, county)
        needs = Needs(county.courtroom, 5)
        start = TEN + timedelta(minutes=5 * number)
        made = await db.write(booking.hold, county.listing_officer, hearing, needs, start, rules=Rules())
        lapsing.add(made.id)
    clock.set(MONDAY + Rules().hold)
    ticks = await asyncio.gather(*(scheduler.tick(each) for each in (db, *others)))
    done = [each.subject_id for tick in ticks for each in tick]
    assert sorted(done) == sorted(lapsing)


async def test_what_fails_is_due_again_and_holds_nothing_up(
    db: Db, county: County, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking_id = await held(db, county)
    hearing = await booked_elsewhere(db, county)
    clock.set(TEN - timedelta(minutes=30))

    def fail(session: Session, ctx: Context, subject: UUID) -> None:
        raise RuntimeError("a fault of ours")

    whole = dict(sweeps._PERFORM)
    monkeypatch.setattr(sweeps, "_PERFORM", whole | {DueKind.LAPSE_HOLD: fail})
    assert [each.subject_id for each in await scheduler.tick(db)] == [hearing]
    monkeypatch.setattr(sweeps, "_PERFORM", whole)
    assert [each.subject_id for each in await scheduler.tick(db)] == [booking_id]


async def booked_elsewhere(db: Db, county: County) -> UUID:
    hearing = await listed(db, county)
    needs = Needs(county.second_courtroom, 30)
    await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    return hearing


async def test_the_scheduler_ticks_by_itself_and_ends_cleanly(
    db: Db, county: County, clock: SetClock
) -> None:
    hearing = await booked(db, county)
    clock.set(TEN - timedelta(minutes=30))
    async with asyncio.timeout(60), scheduler.ticking(db, every=0.05):
        seen = 0
        while (await row(db, hearing)).state is not HearingState.LOBBY_OPEN:
            seen = await db.sealed(seen, 1)


async def test_moving_a_booking_moves_what_is_due(db: Db, county: County) -> None:
    hearing = await listed(db, county)
    needs = Needs(county.courtroom, 30)
    first = await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    later = TEN + timedelta(hours=2)
    await db.write(
        booking.book, county.listing_officer, hearing, needs, later, rules=Rules(), replacing=first.id
    )

    def opening(session: Session, ctx: Context) -> list[object]:
        return [job.due_at for job in session.exec(select(DueJob)) if job.kind == DueKind.OPEN_LOBBY]

    assert await db.read(opening, SYSTEM_CONTEXT) == [later - timedelta(minutes=30)]


async def test_keys_and_deliveries_are_forgotten_in_time_whatever_else_fails(db: Db, clock: SetClock) -> None:
    at_work = datetime.now(UTC)
    for days in (29, 31):
        await db.write(_delivered, SYSTEM_CONTEXT, days, at_work - timedelta(days=days))
    await db.write(_key_used, SYSTEM_CONTEXT)
    clock.set(MONDAY + sweeps.KEYS_KEPT)
    await scheduler.tidy(db)
    assert await db.read(_kept, SYSTEM_CONTEXT) == ([29], 1)
    clock.set(MONDAY + sweeps.KEYS_KEPT + timedelta(seconds=1))
    done = []

    async def fail() -> None:
        raise RuntimeError("a fault of ours")

    async def chore() -> None:
        done.append(await db.read(_kept, SYSTEM_CONTEXT))

    await scheduler.tidy(db, [fail, chore])
    assert done == [([29], 0)]


async def test_the_scheduler_tidies_by_itself(db: Db) -> None:
    tidied = asyncio.Event()

    async def chore() -> None:
        tidied.set()

    async with asyncio.timeout(60), scheduler.ticking(db, tidy_every=0.05, chores=[chore]):
        await tidied.wait()


def _delivered(session: Session, ctx: Context, seq: int, done_at: datetime) -> None:
    session.add(Delivery(seq=seq, handler="a handler", done_at=done_at))


def _key_used(session: Session, ctx: Context) -> None:
    asker = replace(SYSTEM_CONTEXT.actor, id=new_id())
    idempotency.once(session, replace(ctx, actor=asker, idempotency_key="one"), "test", "digest", dict)


def _kept(session: Session, ctx: Context) -> tuple[list[int], int]:
    """The deliveries that are kept, and how many idempotency keys."""
    return list(session.exec(select(Delivery.seq))), len(session.exec(select(Idempotency)).all())
