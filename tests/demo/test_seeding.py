"""The demonstration's day is set out at any hour, once, and goes on."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, func, select

from court_link.demo import days, people, seeding
from court_link.demo.clock import beginning
from court_link.domain.clock import SetClock
from court_link.domain.context import SYSTEM, Context
from court_link.domain.errors import NotFound
from court_link.domain.hearing import HearingState
from court_link.domain.places import DutyKind
from court_link.domain.roles import Part, Permission
from court_link.settings import Settings
from court_link.store import open_db
from court_link.store.tables import Booking, Closure, Duty, Hearing, Link, Waiting

SYSTEM_CTX = Context(SYSTEM)


def states(session: Session, ctx: Context) -> Counter[HearingState]:
    return Counter(HearingState(state) for state in session.exec(select(col(Hearing.state))))


def about_to_begin(session: Session, ctx: Context) -> list[tuple[datetime, set[Part]]]:
    """Starts of hearings whose lobby is open, with the parts that are linked."""
    found = session.exec(
        select(Booking.starts_at, Hearing.id)
        .join(Hearing, col(Hearing.id) == col(Booking.hearing_id))
        .where(Hearing.state == HearingState.LOBBY_OPEN)
        .order_by(col(Booking.starts_at))
    ).all()
    return [(start, _parts(session, hearing_id)) for start, hearing_id in found]


def _parts(session: Session, hearing_id: UUID) -> set[Part]:
    return {link.part for link in session.exec(select(Link).where(Link.hearing_id == hearing_id))}


@pytest.mark.parametrize(
    "real",
    [
        "2026-11-24T09:45:00+00:00",
        "2026-11-24T15:59:30+00:00",
        "2026-11-22T12:00:00+00:00",
    ],
)
async def test_a_day_is_set_out_at_any_hour(sqlite_store, real):
    now = datetime.fromisoformat(real)
    clock = SetClock(beginning(now))
    await seeding.seed(sqlite_store, clock, now, past=2, ahead=1)
    db = await open_db(sqlite_store, clock)
    try:
        found = await db.read(states, SYSTEM_CTX)
        assert found[HearingState.IN_SESSION] == 1
        assert found[HearingState.ENDED] >= 10
        assert found[HearingState.LISTED] >= 20
        [(start, parts)] = await db.read(about_to_begin, SYSTEM_CTX)
        assert timedelta(0) < start - clock.now() <= timedelta(minutes=9)
        assert {Part.BENCH, Part.DEFENDANT, Part.OFFICER} <= parts
    finally:
        await db.close()


async def test_it_is_set_out_once_and_a_hearing_is_always_about_to_begin(sqlite_store):
    now = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    clock = SetClock(now)
    await seeding.seed(sqlite_store, clock, now, past=0, ahead=0)
    await seeding.seed(sqlite_store, clock, now, past=0, ahead=0)
    db = await open_db(sqlite_store, clock)
    going_on = asyncio.create_task(seeding.keep_going(sqlite_store, clock, every=0.02))
    try:
        [(first, _)] = await db.read(about_to_begin, SYSTEM_CTX)
        clock.set(first + timedelta(minutes=14))
        await _until(db, lambda lobbies: any(start > clock.now() for start, _ in lobbies))
        clock.set(now + timedelta(days=1))
        await _until(db, lambda lobbies: any(start > clock.now() for start, _ in lobbies))
    finally:
        going_on.cancel()
        with suppress(asyncio.CancelledError):
            await going_on
        await db.close()


async def test_when_the_list_is_used_up_another_matter_is_added_and_about_to_begin(sqlite_store):
    now = datetime(2026, 11, 24, 9, 50, tzinfo=UTC)
    clock = SetClock(now)
    await seeding.seed(sqlite_store, clock, now, past=0, ahead=0)
    db = await open_db(sqlite_store, clock)
    try:
        listed, teller = (await db.read(states, SYSTEM_CTX)).total(), days.Teller(db, clock)
        for _ in range(16):
            clock.set(clock.now() + timedelta(minutes=20))
            over = await days.tell_next(teller, clock.now())
            assert over is not None
            begins = max(start for start, _ in await db.read(about_to_begin, SYSTEM_CTX))
            assert timedelta(0) < begins - clock.now() <= timedelta(minutes=9)
        assert (await db.read(states, SYSTEM_CTX)).total() > listed
    finally:
        await db.close()


async def _until(db, holds):
    async with asyncio.timeout(30):
        seq = 0
        while not holds(await db.read(about_to_begin, SYSTEM_CTX)):
            seq = await db.sealed(seq, timeout=0.2)


async def test_everybody_can_sign_in_with_one_click_and_only_in_the_demonstration(sqlite_store, tmp_path):
    now = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    db = await open_db(sqlite_store, SetClock(now))
    try:
        await db.write(people.found, SYSTEM_CTX, now)
        demo = Settings(mode="demo", data_dir=tmp_path)
        for player in people.PLAYERS:
            signed_in = await db.write(people.sign_in, SYSTEM_CTX, player.key, now, demo)
            assert signed_in.actor.roles == player.roles
        clerk = await db.read(people.actor, SYSTEM_CTX, "clerk")
        assert clerk.may(Permission.BOOK)
        assert clerk.may(Permission.RECORD_DIRECTION)
        elsewhere = Settings(mode="test", data_dir=tmp_path)
        with pytest.raises(NotFound):
            await db.write(people.sign_in, SYSTEM_CTX, "clerk", now, elsewhere)
        with pytest.raises(NotFound):
            await db.write(people.sign_in, SYSTEM_CTX, "nobody", now, demo)
    finally:
        await db.close()


async def test_the_days_to_come_have_what_a_court_plans_around(sqlite_store):
    now = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    clock = SetClock(now)
    await seeding.seed(sqlite_store, clock, now, past=1, ahead=7)
    db = await open_db(sqlite_store, clock)
    try:
        held = await db.read(planned, SYSTEM_CTX)
    finally:
        await db.close()
    assert held["waiting"] == 3
    assert held["closures"] == 1
    assert held["days of one trial"] == 3
    assert held["rest days"] >= 14
    assert held["booked to come"] >= 60


def planned(session: Session, ctx: Context) -> dict[str, int]:
    def count(what, *where) -> int:
        return session.exec(select(func.count()).select_from(what).where(*where)).one()

    return {
        "waiting": count(Waiting),
        "closures": count(Closure),
        "days of one trial": count(Hearing, col(Hearing.group_id).is_not(None)),
        "rest days": count(Duty, col(Duty.kind) == DutyKind.REST_DAY),
        "booked to come": count(Booking, col(Booking.starts_at) > ctx.now),
    }
