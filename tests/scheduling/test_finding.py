"""The next times for a whole hearing, over days and in other rooms, and why the other days have none."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from court_link.domain.booking import ResourceKind
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid, NotFound
from court_link.domain.harddates import FIRST_SITTING
from court_link.domain.requirements import CustodyNeed, Needs, Rules, Travel
from court_link.domain.times import day_interval, london_day
from court_link.scheduling import availability, booking, finding
from court_link.scheduling.finding import Found, Wish
from court_link.store import Db, Session
from court_link.store.tables import (
    CapacityBucket,
    Hearing,
    HearingOrganisation,
    OpeningHours,
    Resource,
    SittingSession,
)
from tests.county import SYSTEM_CONTEXT, County, add_booking, add_hearing, add_shift, add_sitting
from tests.stores import MONDAY

RULES = Rules()
TODAY = MONDAY.date()
TEN = MONDAY + timedelta(hours=1)
DAY = timedelta(days=1)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def listed(db: Db, county: County, at: datetime = TEN, **facts: Any) -> UUID:
    return await db.write(lambda s, c: add_hearing(s, c, county, at, **facts), SYSTEM_CONTEXT)


async def taken(db: Db, county: County, at: datetime, length: int, *rooms: UUID, **facts: Any) -> UUID:
    """Something else that takes these rooms and people."""
    hearing = await listed(db, county, at, **{"title": "R v Other", **facts})
    await db.write(add_booking, SYSTEM_CONTEXT, hearing, at, length, *rooms)
    return hearing


async def found(
    db: Db,
    county: County,
    wish: Wish | None = None,
    day: date = TODAY,
    *,
    hearing: UUID | None = None,
    by: Context | None = None,
    **more: Any,
) -> Found:
    return await db.read(
        finding.find,
        by or county.listing_officer,
        hearing or await listed(db, county),
        wish or Wish(Needs(county.courtroom, 30)),
        day,
        rules=RULES,
        **more,
    )


async def staffed(db: Db, county: County, staff: int = 4, days: int = 10) -> None:
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, MONDAY - DAY, MONDAY + days * DAY, staff)


async def test_the_nearest_times_to_the_one_listed_come_first_and_more_days_than_one(
    db: Db, county: County
) -> None:
    options = (await found(db, county)).options
    assert [each.start for each in options[:3]] == [TEN, TEN + minutes(15), TEN - minutes(15)]
    assert options[0].why == ("At the time listed",)
    assert {london_day(each.start) for each in options} == {TODAY + n * DAY for n in range(3)}


async def test_a_search_takes_the_same_number_of_queries_whatever_the_days(db: Db, county: County) -> None:
    await staffed(db, county, days=100)
    needs = Needs(county.courtroom, 30, (CustodyNeed(county.cell),), (county.officer,))
    for day in range(40):
        await taken(db, county, TEN + day * DAY, 60, county.courtroom, county.officer)
    hearing = await listed(db, county)

    async def queries(days: int) -> int:
        def counted(session: Session, ctx: Context) -> int:
            asked: list[str] = []
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
            finding.find(session, ctx, hearing, Wish(needs), TODAY, days=days, count=50, rules=RULES)
            return len(asked)

        return await db.read(counted, county.listing_officer)

    one, many = await queries(2), await queries(90)
    assert one == many < 20


async def test_what_is_found_is_what_each_day_s_own_search_finds_free(db: Db, county: County) -> None:
    await staffed(db, county)
    cell = CustodyNeed(county.cell, afterwards=10)
    needs = Needs(county.courtroom, 25, (cell,), (county.officer,), travel=(Travel(county.officer, 20),))
    for at, length, what in (
        (TEN, 50, county.courtroom),
        (TEN + DAY + minutes(7), 33, county.officer),
        (TEN + DAY + minutes(120), 180, county.cell),
        (TEN + 2 * DAY - minutes(60), 410, county.officer),
    ):
        await taken(db, county, at, length, what)
    hearing = await listed(db, county)
    every = await found(db, county, Wish(needs), hearing=hearing, days=4, count=50)
    one_by_one: list[datetime] = []
    for day in range(4):
        times = await db.read(
            availability.find, county.listing_officer, hearing, needs, TODAY + day * DAY, rules=RULES
        )
        one_by_one += times.free
    offered = {each.start for each in every.options}
    assert offered <= {*one_by_one}
    assert {at for at in one_by_one if at.minute % 15 == 0} <= offered or len(offered) == 50


async def test_an_option_can_be_booked_as_it_is(db: Db, county: County) -> None:
    await staffed(db, county)
    await taken(db, county, TEN, 60, county.courtroom)
    hearing = await listed(db, county)
    wish = Wish(Needs(county.courtroom, 30, (CustodyNeed(county.cell),)), any_courtroom=True)
    first = (await found(db, county, wish, hearing=hearing)).options[0]
    made = await db.write(
        booking.book, county.listing_officer, hearing, first.needs, first.start, rules=RULES
    )
    assert made.slot == first.slot
    assert made.courtroom_id == county.second_courtroom


async def test_another_courtroom_is_offered_only_where_the_one_asked_for_is_taken_and_says_so(
    db: Db, county: County
) -> None:
    await taken(db, county, TEN, 60, county.courtroom)
    needs = Needs(county.courtroom, 30)
    options = (await found(db, county, Wish(needs, (county.second_courtroom,)), count=50, days=1)).options
    rooms = {each.start: each.needs.courtroom_id for each in options}
    assert rooms[TEN] == county.second_courtroom
    assert rooms[TEN + minutes(60)] == county.courtroom
    (elsewhere,) = [each for each in options if each.start == TEN]
    assert elsewhere.why == (
        "At the time listed",
        "Courtroom 2, Demo Court House instead of Courtroom 1, Demo Court House",
    )


async def test_co_defendants_are_given_rooms_of_their_own(db: Db, county: County) -> None:
    await staffed(db, county)
    third = await db.write(add_cell, SYSTEM_CONTEXT, county)
    await taken(db, county, TEN - minutes(60), 480, county.cell)
    needs = Needs(county.courtroom, 30, (CustodyNeed(county.cell), CustodyNeed(county.second_cell)))
    assert not (await found(db, county, Wish(needs), days=1)).options
    options = (await found(db, county, Wish(needs, any_custody_room=True), days=1)).options
    assert options
    for each in options:
        assert {need.room_id for need in each.needs.custody} == {county.second_cell, third}


def add_cell(session: Session, ctx: Context, county: County) -> UUID:

    room = Resource(
        kind=ResourceKind.CUSTODY_ROOM,
        organisation_id=county.custody,
        site_id=county.suite,
        name="Video room 3",
    )
    session.add(room)
    session.flush()
    return room.id


async def test_the_least_waiting_for_the_officer_comes_first(db: Db, county: County) -> None:
    await taken(db, county, TEN + minutes(90), 30, county.officer)
    needs = Needs(county.courtroom, 30, attending=(county.officer,))
    options = (await found(db, county, Wish(needs), days=1)).options
    assert [each.start for each in options[:2]] == [TEN + minutes(60), TEN + minutes(120)]
    assert options[0].why[0] == "No officer waits"
    assert options[2].why[0].startswith("PC 1187 Demo waits 15 minutes")


async def test_a_day_without_times_says_what_takes_it_away_and_until_when(db: Db, county: County) -> None:
    await taken(db, county, TEN - minutes(60), 480, county.officer, title="R v Allday")
    needs = Needs(county.courtroom, 30, attending=(county.officer,))
    answer = await found(db, county, Wish(needs), count=4)
    (monday,) = answer.refused
    assert monday.day == TODAY
    assert [availability.said(each) for each in monday.refusals] == [
        "PC 1187 Demo is booked for R v Allday until 5pm."
    ]
    saturday = await found(db, county, day=TODAY + 5 * DAY, count=4)
    assert [each.day.strftime("%a") for each in saturday.refused] == ["Sat", "Sun"]
    assert availability.said(saturday.refused[0].refusals[0]).startswith("Courtroom 1, Demo Court House is")


async def test_of_a_matter_outside_one_s_scope_only_that_it_is_booked_is_said(db: Db, county: County) -> None:
    def foreign(session: Session, ctx: Context, hearing_id: UUID) -> None:
        session.get_one(Hearing, hearing_id).court_id = county.other_court
        session.delete(session.get_one(HearingOrganisation, (hearing_id, county.court)))

    theirs = await taken(db, county, TEN - minutes(60), 480, county.officer, title="R v Secret")
    await db.write(foreign, SYSTEM_CONTEXT, theirs)
    needs = Needs(county.courtroom, 30, attending=(county.officer,))
    answer = await found(db, county, Wish(needs), count=4)
    assert "R v Secret" not in repr(answer)
    assert [each.reason for each in answer.refused[0].refusals] == ["is already booked"]
    assert answer.refused[0].refusals[0].until == TEN + minutes(420)


async def test_a_foreign_hearing_is_not_found_and_reading_alone_does_not_search(
    db: Db, county: County
) -> None:
    with pytest.raises(NotFound):
        await found(db, county, by=county.foreign_listing_officer)
    with pytest.raises(Forbidden):
        await found(db, county, by=county.reader)


async def test_a_sitting_over_its_capacity_is_offered_with_a_warning(db: Db, county: County) -> None:
    def sitting(session: Session, ctx: Context, start: datetime, slots: int, length: int) -> None:
        session.add(
            SittingSession(
                courtroom_id=county.courtroom,
                starts_at=start,
                ends_at=start + timedelta(hours=3),
                slots=slots,
                minutes=length,
            )
        )

    await db.write(sitting, SYSTEM_CONTEXT, TEN, 1, 0)
    await db.write(sitting, SYSTEM_CONTEXT, TEN + DAY, 0, 40)
    await taken(db, county, TEN, 20, county.courtroom)
    await taken(db, county, TEN + DAY, 20, county.courtroom)
    options = (await found(db, county, days=2)).options
    assert {london_day(each.start): each.warnings for each in options} == {
        TODAY: ("This sitting would have 2 matters for 1 slot.",),
        TODAY + DAY: ("This sitting would have 50 minutes of hearings for 40 minutes.",),
    }


async def test_a_full_pool_refuses_while_it_is_full(db: Db, county: County) -> None:
    def full(session: Session, ctx: Context) -> None:
        for quarter in range(4):
            slot = TEN + quarter * minutes(15)
            session.add(CapacityBucket(pool="media", slot=slot, used=RULES.media_capacity, cap=60))

    await db.write(full, SYSTEM_CONTEXT)
    starts = {each.start for each in (await found(db, county, days=1, count=50)).options}
    assert TEN + minutes(60) in starts
    assert TEN - minutes(30) in starts
    assert not starts & {TEN - minutes(15), TEN, TEN + minutes(15), TEN + minutes(45)}


async def test_a_person_charged_and_detained_is_offered_the_first_available_sitting_of_any_courtroom(
    db: Db, county: County
) -> None:
    afternoon = TEN + timedelta(hours=4)
    await db.write(add_sitting, SYSTEM_CONTEXT, county.courtroom, afternoon, afternoon + timedelta(hours=2))
    await db.write(add_sitting, SYSTEM_CONTEXT, county.second_courtroom, TEN, TEN + timedelta(hours=2))
    needs = Needs(county.courtroom, 30, detained=True)
    asked_room = await found(db, county, Wish(needs))
    assert asked_room.options == ()
    assert "Courtroom 2, Demo Court House" in repr(asked_room.refused[0])
    anywhere = await found(db, county, Wish(needs, any_courtroom=True))
    assert {each.needs.courtroom_id for each in anywhere.options} == {county.second_courtroom}
    assert all(each.start < TEN + timedelta(hours=2) for each in anywhere.options)
    assert [each.start for each in anywhere.options] == sorted(each.start for each in anywhere.options)
    assert anywhere.options[0].why[0] == "First available sitting"
    assert anywhere.warnings[-1] == FIRST_SITTING


async def test_asking_from_a_later_day_offers_a_detained_person_nothing_later(db: Db, county: County) -> None:
    needs = Needs(county.courtroom, 30, detained=True)
    later = await found(db, county, Wish(needs, any_courtroom=True), TODAY + 2 * DAY)
    assert later.options == ()
    assert "first available sitting" in later.refused[0].refusals[0].reason


async def test_nothing_beyond_a_hard_date_is_offered_and_staff_are_told_when_none_is_left(
    db: Db, county: County
) -> None:
    tomorrow = TODAY + DAY
    remanded = await listed(db, county, remand_expires=tomorrow)
    answer = await found(db, county, hearing=remanded, count=50)
    assert {london_day(each.start) for each in answer.options} == {TODAY, tomorrow}
    assert [each.start for each in answer.options] == sorted(each.start for each in answer.options)
    assert answer.options[0].why[0] == "In time for Tuesday 24 November, a hard date"
    for day in (TODAY, tomorrow):
        await taken(db, county, day_interval(day).start + minutes(8 * 60), 600, county.courtroom)
    none = await found(db, county, hearing=remanded)
    assert none.options == ()
    assert none.warnings[-1].endswith("Tell the court today.")


async def test_a_part_of_the_month_over_the_change_of_clocks_keeps_the_hours_on_the_wall(
    db: Db, county: County, clock: SetClock
) -> None:
    def open_on_sundays(session: Session, ctx: Context) -> None:
        session.add(OpeningHours(site_id=county.court_house, weekday=6, opens=600, closes=660))

    await db.write(open_on_sundays, SYSTEM_CONTEXT)
    clock.set(day_interval(date(2027, 3, 26)).start)
    answer = await found(db, county, day=date(2027, 3, 27), days=3, count=50)
    starts = [each.start for each in answer.options]
    sunday = [at for at in starts if london_day(at) == date(2027, 3, 28)]
    assert min(sunday).hour == 9  # ten on the wall, in summer time
    assert max(sunday) == min(sunday) + minutes(30)
    assert min(at for at in starts if london_day(at) == date(2027, 3, 29)).hour == 8


@pytest.mark.parametrize(
    ("more", "field"), [({"days": 0}, "days"), ({"days": 93}, "days"), ({"count": 51}, "count")]
)
async def test_a_search_has_bounds(db: Db, county: County, more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await found(db, county, **more)
    assert [each.field for each in refused.value.errors] == [field]


async def test_rooms_that_are_not_the_court_s_are_refused_as_alternatives(db: Db, county: County) -> None:
    needs = Needs(county.courtroom, 30)
    with pytest.raises(Invalid) as refused:
        await found(db, county, Wish(needs, (county.cell,), (county.courtroom,)))
    assert [each.field for each in refused.value.errors] == ["courtrooms", "custody_rooms"]
