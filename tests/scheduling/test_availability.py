"""Free times of a day, and why the others are refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import SlotTaken
from court_link.domain.harddates import FIRST_SITTING
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.times import LONDON, day_interval
from court_link.scheduling import availability, booking
from court_link.scheduling.availability import Availability
from court_link.store import Db, Session
from court_link.store.tables import Holiday, OpeningHours, Site
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift, add_sitting
from tests.stores import MONDAY

RULES = Rules()
TODAY = MONDAY.date()
TEN = MONDAY + timedelta(hours=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def listed(db: Db, county: County) -> UUID:
    return await db.write(lambda s, c: add_hearing(s, c, county, TEN), SYSTEM_CONTEXT)


async def found(db: Db, county: County, day: date = TODAY, **needs: Any) -> Availability:
    usual: dict[str, Any] = {"courtroom_id": county.courtroom, "minutes": 30}
    wanted = Needs(**usual | needs)
    hearing = await listed(db, county)
    return await db.read(availability.find, county.listing_officer, hearing, wanted, day, rules=RULES)


def local(found: Availability) -> list[str]:
    return [at.astimezone(LONDON).strftime("%H:%M") for at in found.free]


async def test_a_courtroom_with_sittings_is_open_only_within_them(db: Db, county: County) -> None:
    morning = (TEN, TEN + timedelta(hours=1))
    await db.write(add_sitting, SYSTEM_CONTEXT, county.courtroom, *morning)
    assert local(await found(db, county)) == ["10:00", "10:05", "10:10", "10:15", "10:20", "10:25", "10:30"]


async def test_without_sittings_it_is_open_in_its_site_s_hours(db: Db, county: County) -> None:
    free = local(await found(db, county))
    assert (free[0], free[-1]) == ("09:00", "16:30")


async def test_a_court_house_without_hours_keeps_the_usual_sittings(db: Db, county: County) -> None:
    def forget_hours(session: Session, ctx: Context) -> None:
        for weekday in range(5):
            row = session.get_one(OpeningHours, (county.court_house, weekday, 9 * 60))
            session.delete(row)

    await db.write(forget_hours, SYSTEM_CONTEXT)
    free = local(await found(db, county))
    assert (free[0], free[-1]) == ("10:00", "16:00")
    assert "13:00" not in free


async def test_a_bank_holiday_shuts_the_court_and_not_the_suite(db: Db, county: County) -> None:
    def declare(session: Session, ctx: Context) -> None:
        session.add(Holiday(day=MONDAY.date(), name="Demonstration Day"))

    await db.write(declare, SYSTEM_CONTEXT)
    shut = await found(db, county)
    assert shut.starts == ()
    assert shut.closed is not None
    assert shut.closed.reason == "is closed for Demonstration Day"

    def open_up(session: Session, ctx: Context) -> None:
        session.get_one(Site, county.court_house).opens_on_holidays = True

    await db.write(open_up, SYSTEM_CONTEXT)
    assert (await found(db, county)).free


async def test_times_gone_by_are_refused(db: Db, county: County, clock: SetClock) -> None:
    clock.set(TEN + minutes(2))
    times = await found(db, county)
    assert times.free[0] == TEN + minutes(5)
    assert {refusal.reason for refusal in times.refused[0].refusals} == {"has passed"}


async def test_custody_staff_on_shift_limit_the_rooms_in_use(db: Db, county: County) -> None:
    whole_day = (MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=12))
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, *whole_day, 1)
    needs = Needs(county.courtroom, 30, (CustodyNeed(county.cell),))
    await db.write(booking.book, county.listing_officer, await listed(db, county), needs, TEN, rules=RULES)
    times = await found(
        db, county, courtroom_id=county.second_courtroom, custody=(CustodyNeed(county.second_cell),)
    )
    refused = {start.at: start.refusals for start in times.refused}
    (refusal,) = refused[TEN]
    assert availability.said(refusal) == "Demo Custody Suite has no detention officer free until 10:45am."
    assert TEN + minutes(60) in times.free


async def test_one_s_own_hold_is_in_nobody_s_way_but_others(db: Db, county: County) -> None:
    hearing = await listed(db, county)
    needs = Needs(county.courtroom, 30)
    await db.write(booking.hold, county.listing_officer, hearing, needs, TEN, rules=RULES)
    own = await db.read(availability.find, county.listing_officer, hearing, needs, MONDAY.date(), rules=RULES)
    assert TEN in own.free
    assert TEN not in (await found(db, county)).free


async def test_a_lapsed_hold_is_in_nobody_s_way_before_any_tick(
    db: Db, county: County, clock: SetClock
) -> None:
    needs = Needs(county.courtroom, 30)
    await db.write(booking.hold, county.listing_officer, await listed(db, county), needs, TEN, rules=RULES)
    clock.set(MONDAY + RULES.hold)
    assert TEN in (await found(db, county)).free


async def test_what_is_found_free_can_be_booked_and_nothing_else(db: Db, county: County) -> None:
    await db.write(
        booking.book, county.listing_officer, await listed(db, county), Needs(county.courtroom, 25), TEN,
        rules=RULES,
    )  # fmt: skip
    times = await found(db, county, attending=(county.officer,))
    needs = Needs(county.courtroom, 30, attending=(county.officer,))
    for start in (times.starts[0], *times.starts[6:20:3]):
        hearing = await listed(db, county)
        held = db.write(booking.hold, county.listing_officer, hearing, needs, start.at, rules=RULES)
        if start.free:
            made = await held
            await db.write(booking.release, county.listing_officer, made.id)
        else:
            with pytest.raises(SlotTaken) as taken:
                await held
            assert taken.value.refusals == start.refusals


async def test_a_detained_person_is_offered_the_first_available_sitting_alone(db: Db, county: County) -> None:
    afternoon = TEN + timedelta(hours=4)
    for start, length in ((TEN, 120), (afternoon, 120)):
        await db.write(add_sitting, SYSTEM_CONTEXT, county.courtroom, start, start + minutes(length))
    times = await found(db, county, detained=True)
    assert times.warnings == (FIRST_SITTING,)
    assert all(at < afternoon for at in times.free)
    late = next(start for start in times.refused if start.at == afternoon)
    assert "first available sitting" in late.refusals[-1].reason
    hearing = await listed(db, county)
    needs = Needs(county.courtroom, 30, detained=True)
    with pytest.raises(SlotTaken, match="first available sitting"):
        await db.write(booking.hold, county.listing_officer, hearing, needs, afternoon, rules=RULES)


async def test_when_the_first_sitting_is_full_a_detained_person_is_offered_the_next(
    db: Db, county: County
) -> None:
    afternoon = TEN + timedelta(hours=4)
    for start in (TEN, afternoon):
        await db.write(add_sitting, SYSTEM_CONTEXT, county.courtroom, start, start + minutes(60))
    # The other courtroom sits that week, but not today.
    wednesday = TEN + timedelta(days=2)
    await db.write(
        add_sitting, SYSTEM_CONTEXT, county.second_courtroom, wednesday, wednesday + timedelta(hours=1)
    )
    full = Needs(county.courtroom, 60)
    await db.write(booking.book, county.listing_officer, await listed(db, county), full, TEN, rules=RULES)
    times = await found(db, county, detained=True)
    assert times.free[0] == afternoon
    await db.write(
        booking.book, county.listing_officer, await listed(db, county), full, afternoon, rules=RULES
    )
    none = await found(db, county, detained=True)
    assert none.free == ()
    told = "No sitting is left for this hearing. Tell the custody officer, who must tell the court."
    assert none.warnings == (FIRST_SITTING, told)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2026, 10, 25), date(2027, 10, 31)])
async def test_on_a_day_when_the_clocks_change_every_start_stands_once_within_the_opening_hours(
    db: Db, county: County, clock: SetClock, day: date
) -> None:
    def open_all_day(session: Session, ctx: Context) -> None:
        session.add(OpeningHours(site_id=county.court_house, weekday=6, opens=0, closes=1440))

    await db.write(open_all_day, SYSTEM_CONTEXT)
    clock.set(day_interval(day).start - timedelta(days=1))
    times = await found(db, county, day)
    whole = day_interval(day)
    assert len(times.free) == whole.minutes / 5 - 5
    assert len(set(times.free)) == len(times.free)
    assert times.free[0] == whole.start
    assert times.free[-1] == whole.end - minutes(30)


async def test_a_booking_in_the_hour_that_is_repeated_stands_where_it_was_put(
    db: Db, county: County, clock: SetClock
) -> None:
    day = date(2026, 10, 25)
    clock.set(day_interval(day).start - timedelta(days=1))

    def open_all_day(session: Session, ctx: Context) -> None:
        session.add(OpeningHours(site_id=county.court_house, weekday=6, opens=0, closes=1440))

    await db.write(open_all_day, SYSTEM_CONTEXT)
    first = day_interval(day).start + timedelta(hours=1, minutes=30)  # 1:30am BST
    needs = Needs(county.courtroom, 30)
    await db.write(booking.book, county.listing_officer, await listed(db, county), needs, first, rules=RULES)
    times = await found(db, county, day)
    assert first not in times.free
    assert first + timedelta(hours=1) in times.free  # 1:30am GMT
    (refusal,) = next(start.refusals for start in times.refused if start.at == first)
    assert refusal.until == first + minutes(30)
