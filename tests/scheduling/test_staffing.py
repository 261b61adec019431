"""Staff who fall short of what is booked: flagged, foreseen, never broken silently, and told within sight."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.booking import PoolKind
from court_link.domain.clock import SetClock
from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid, NotFound, SlotTaken, Stale
from court_link.domain.events import Event, EventKind
from court_link.domain.hearing import Visibility
from court_link.domain.places import DutyKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import Role
from court_link.domain.rota import Stretch
from court_link.domain.times import Interval, day_interval, london_day
from court_link.scheduling import booking, rostering, staffing
from court_link.scheduling.rostering import Count
from court_link.store import Db, Session, bookings, feed
from court_link.store import duties as stored
from tests.county import SYSTEM_CONTEXT, County, add_hearing
from tests.stores import MONDAY

TODAY = day_interval(MONDAY.date())
TEN = MONDAY + timedelta(hours=1)
SHIFT = Interval(MONDAY - timedelta(hours=2), MONDAY + timedelta(hours=10))


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


@pytest.fixture
def custody(county: County) -> Context:
    return county.person(county.custody, Role.CUSTODY_OFFICER)


@pytest.fixture
def force(county: County) -> Context:
    return county.person(county.force, Role.ADMINISTRATOR)


async def shift(
    db: Db, county: County, custody: Context, staff: int = 2, pool: PoolKind = PoolKind.CUSTODY_STAFF
) -> UUID:
    made = await db.write(rostering.add_shift, custody, county.suite, pool, SHIFT, Count(staff))
    return made.id


async def booked(db: Db, county: County, start: datetime = TEN, **needs: Any) -> UUID:
    """A booked hearing of half an hour, whose own `facts` may be given."""
    facts = needs.pop("facts", {})
    hearing = await db.write(lambda s, c: add_hearing(s, c, county, start, 30, **facts), SYSTEM_CONTEXT)
    usual: dict[str, Any] = {"courtroom_id": county.courtroom, "minutes": 30}
    wanted = Needs(**usual | needs)
    await db.write(booking.book, county.listing_officer, hearing, wanted, start, rules=Rules())
    return hearing


def cell(room: UUID, **more: Any) -> tuple[CustodyNeed, ...]:
    return (CustodyNeed(room, 15, 15, **more),)


async def events(db: Db, last: EventKind, count: int) -> Sequence[Event]:
    """All events, once so many of the kind have been sealed."""
    found: Sequence[Event] = ()
    async with asyncio.timeout(60):
        while sum(each.kind is last for each in found) < count:
            await db.sealed(len(found), 5)
            found = await db.read(lambda s, c: feed.after(s, c, 0), SYSTEM_CONTEXT)
    return found


async def test_a_pool_that_falls_below_its_use_is_flagged_and_the_booking_stands(db, county, custody):
    shift_id = await shift(db, county, custody)
    first = await booked(db, county, custody=cell(county.cell))
    second = await booked(db, county, courtroom_id=county.second_courtroom, custody=cell(county.second_cell))
    assert await db.read(staffing.short, custody, TODAY) == []
    foreseen = await db.read(rostering.foresee_shift, custody, shift_id, Count(2, 1))
    assert await db.read(staffing.short, custody, TODAY) == []  # foreseeing changes nothing
    _, left = await db.write(rostering.change_shift, custody, shift_id, Count(2, 1), 1)
    (short,) = await db.read(staffing.short, custody, TODAY)
    assert foreseen == left == (short,)
    assert (short.pool, short.needed, short.on_shift) == (PoolKind.CUSTODY_STAFF, 2, 1)
    # From the consultation at 9:45 to the end of turnaround at 10:45.
    assert short.during == Interval(TEN - timedelta(minutes=15), TEN + timedelta(minutes=45))
    assert {each.hearing_id for each in short.hearings} == {first, second}
    assert short.said == "1 detention officer on shift, 2 needed"
    standing = await db.read(lambda s, c: bookings.of_hearings(s, [first, second], c.now), SYSTEM_CONTEXT)
    assert set(standing) == {first, second}


async def test_no_more_is_booked_than_is_here_and_what_comes_back_is_flagged_no_more(db, county, custody):
    shift_id = await shift(db, county, custody)
    await booked(db, county, custody=cell(county.cell))
    await db.write(rostering.change_shift, custody, shift_id, Count(2, 1), None)
    with pytest.raises(SlotTaken):
        await booked(db, county, courtroom_id=county.second_courtroom, custody=cell(county.second_cell))
    await db.write(rostering.change_shift, custody, shift_id, Count(2, 2), None)
    assert len(await db.read(staffing.short, custody, TODAY)) == 1
    await db.write(rostering.change_shift, custody, shift_id, Count(2, 0), None)
    assert await db.read(staffing.short, custody, TODAY) == []


async def test_escorts_are_counted_apart_from_detention_officers(db, county, custody):
    await shift(db, county, custody)
    escorts = await shift(db, county, custody, 1, PoolKind.ESCORTS)
    await booked(db, county, custody=cell(county.cell, escorts=1))
    assert await db.read(rostering.foresee_shift, custody, escorts, Count(1, 0)) == ()
    (short,) = await db.read(rostering.foresee_shift, custody, escorts, None)
    assert (short.pool, short.said) == (
        PoolKind.ESCORTS,
        "0 prisoner custody officers on shift, 1 needed",
    )


async def test_removing_a_shift_foresees_and_flags_the_same(db, county, custody):
    shift_id = await shift(db, county, custody, 1)
    await booked(db, county, custody=cell(county.cell))
    foreseen = await db.read(rostering.foresee_shift, custody, shift_id, None)
    assert len(foreseen) == 1
    assert await db.write(rostering.remove_shift, custody, shift_id, 1) == foreseen
    assert tuple(await db.read(staffing.short, custody, TODAY)) == foreseen


async def test_what_has_passed_is_told_no_more(db, county, custody, clock: SetClock):
    shift_id = await shift(db, county, custody, 1)
    await booked(db, county, custody=cell(county.cell))
    await db.write(rostering.change_shift, custody, shift_id, Count(1, 1), None)
    assert len(await db.read(staffing.short, custody, TODAY)) == 1
    clock.set(TEN + timedelta(hours=1))
    assert await db.read(staffing.short, custody, TODAY) == []
    clock.set(TODAY.end + timedelta(hours=1))
    assert await db.read(staffing.short, custody, TODAY) == []


async def test_a_hold_that_ran_out_needs_nobody_before_the_tick_has_let_it_go(db, county, custody, clock):
    shift_id = await shift(db, county, custody, 1)
    hearing = await db.write(lambda s, c: add_hearing(s, c, county, TEN, 30), SYSTEM_CONTEXT)
    needs = Needs(county.courtroom, 30, custody=cell(county.cell))
    await db.write(booking.hold, county.listing_officer, hearing, needs, TEN, rules=Rules())
    await db.write(rostering.change_shift, custody, shift_id, Count(1, 1), None)
    assert len(await db.read(staffing.short, custody, TODAY)) == 1
    clock.set(clock.now() + Rules().hold)
    assert await db.read(staffing.short, custody, TODAY) == []


async def test_the_court_is_told_of_its_own_hearings_alone(db, county, custody):
    shift_id = await shift(db, county, custody, 1)
    hearing = await booked(db, county, custody=cell(county.cell))
    await db.write(rostering.change_shift, custody, shift_id, Count(1, 1), None)
    (short,) = await db.read(staffing.short, county.listing_officer, TODAY)
    assert [each.hearing_id for each in short.hearings] == [hearing]
    assert await db.read(staffing.short, county.foreign_listing_officer, TODAY) == []
    with pytest.raises(Forbidden):
        await db.read(staffing.short, county.person(county.force, Role.OFFICER), TODAY)


@pytest.mark.parametrize("kind", [DutyKind.SICK, DutyKind.LEAVE, DutyKind.REST_DAY])
async def test_a_court_reads_that_an_officer_is_not_available_and_never_why(db, county, force, kind):
    hearing = await booked(db, county, attending=(county.officer,))
    stretch = Stretch(kind, TODAY)
    foreseen = await db.read(rostering.foresee_duty, force, county.officer, None, stretch)
    assert (await db.read(staffing.gaps, county.listing_officer, TODAY)).absent == ()
    assert await db.write(rostering.add_duty, force, county.officer, stretch, 1) == foreseen
    (told,) = (await db.read(staffing.gaps, county.listing_officer, TODAY)).absent
    assert (told.name, told.why, told.hearing.hearing_id) == ("PC 1187 Demo", "is not available", hearing)
    (own,) = foreseen
    assert own.why == {"sick": "is off sick", "leave": "is on leave", "rest_day": "is on a rest day"}[kind]
    # An administrator of the force sees no hearings: the time, and nothing of the matter.
    assert (own.hearing.hearing_id, own.hearing.title, own.hearing.courtroom) == (None, "", "")
    assert own.hearing.slot.start == TEN


async def test_each_organisation_is_told_of_its_own_suites_and_people_alone(db, county, custody, force):
    shift_id = await shift(db, county, custody, 1)
    await booked(db, county, custody=cell(county.cell), attending=(county.officer,))
    await db.write(rostering.change_shift, custody, shift_id, Count(1, 1), None)
    await db.write(rostering.add_duty, force, county.officer, Stretch(DutyKind.LEAVE, TODAY), None)
    told = {}
    for who, ctx in (("custody", custody), ("force", force), ("court", county.listing_officer)):
        gaps = await db.read(staffing.gaps, ctx, TODAY)
        told[who] = (len(gaps.short), len(gaps.absent))
    assert told == {"custody": (1, 0), "force": (0, 1), "court": (1, 1)}


async def test_nothing_that_is_kept_for_ever_says_why_somebody_is_away(db, county, force):
    hearing = await booked(db, county, attending=(county.officer,), facts={"visibility": Visibility.PRIVATE})
    await db.write(rostering.add_duty, force, county.officer, Stretch(DutyKind.SICK, TODAY), None)
    told = [
        each for each in await events(db, EventKind.STAFF_CHANGED, 2) if each.kind is EventKind.STAFF_CHANGED
    ]
    assert "sick" not in str([dict(each.data) for each in told])
    # The hearing's court and people hear at once that it is left short.
    assert [each.hearing_id for each in told if each.data["what"] == "left_short"] == [hearing]
    assert [each.subject_id for each in told if each.data["what"] == "duty_added"] == [county.officer]


async def test_somebody_booked_outside_their_shift_is_flagged(db, county, force):
    await booked(db, county, attending=(county.officer,))
    late = Stretch(DutyKind.SHIFT, Interval(MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=13)))
    (absence,) = await db.write(rostering.add_duty, force, county.officer, late, None)
    assert absence.why == "is not on shift"
    duty = (await rota(db, county))[0]
    early = Stretch(DutyKind.SHIFT, Interval(MONDAY - timedelta(hours=2), MONDAY + timedelta(hours=6)))
    assert await db.write(rostering.change_duty, force, county.officer, duty, early, None) == ()
    assert not await db.read(staffing.gaps, county.listing_officer, TODAY)


async def test_removing_leave_frees_and_removing_a_shift_of_two_may_leave_short(db, county, force):
    await booked(db, county, attending=(county.officer,))
    morning = Interval(MONDAY, MONDAY + timedelta(hours=3))
    evening = Interval(MONDAY + timedelta(hours=8), MONDAY + timedelta(hours=10))
    for during in (morning, evening):
        await db.write(rostering.add_duty, force, county.officer, Stretch(DutyKind.SHIFT, during), None)
    first, second = await rota(db, county)
    assert len(await db.read(rostering.foresee_duty, force, county.officer, first, None)) == 1
    assert await db.read(rostering.foresee_duty, force, county.officer, second, None) == ()
    assert len(await db.write(rostering.remove_duty, force, county.officer, first, None)) == 1


async def test_nobody_plans_the_staff_of_others(db, county, custody, force):
    shift_id = await shift(db, county, custody)
    stretch = Stretch(DutyKind.SICK, TODAY)
    for stranger in (custody, county.listing_officer):
        with pytest.raises(NotFound):
            await db.write(rostering.add_duty, stranger, county.officer, stretch, None)
        with pytest.raises(NotFound):
            await db.read(rostering.person, stranger, county.officer, TODAY)
    for stranger in (force, county.listing_officer):
        with pytest.raises(NotFound):
            await db.write(rostering.change_shift, stranger, shift_id, Count(1), None)
    with pytest.raises(Forbidden):
        await db.read(rostering.people, county.person(county.force, Role.OFFICER), TODAY)
    assert [each.person.id for each in await db.read(rostering.people, custody, TODAY)] == []
    assert len(await db.read(rostering.people, force, TODAY)) == 2


async def test_an_edit_made_from_an_old_page_is_stale(db, county, custody, force):
    shift_id = await shift(db, county, custody)
    await db.write(rostering.change_shift, custody, shift_id, Count(3), 1)
    with pytest.raises(Stale):
        await db.write(rostering.change_shift, custody, shift_id, Count(4), 1)
    await db.write(rostering.add_duty, force, county.officer, Stretch(DutyKind.LEAVE, TODAY), 1)
    with pytest.raises(Stale):
        await db.write(rostering.keep, force, county.officer, None, ["Polish"], 1)
    kept = await db.write(rostering.keep, force, county.officer, None, ["polish", " Polish", "Welsh"], 2)
    assert (kept.languages, kept.version) == (("Polish", "Welsh"), 3)
    with pytest.raises(Invalid):
        await db.write(rostering.keep, force, county.officer, county.suite, [], 3)  # not theirs


@pytest.mark.parametrize(("staff", "away"), [(0, 0), (201, 0), (2, 3), (2, -1)])
def test_no_more_are_away_than_are_on_the_shift(staff, away):
    with pytest.raises(Invalid):
        Count(staff, away)


async def test_the_days_around_do_not_count(db, county, custody):
    shift_id = await shift(db, county, custody, 1)
    await booked(db, county, custody=cell(county.cell))
    await db.write(rostering.change_shift, custody, shift_id, Count(1, 1), None)
    tomorrow = day_interval(london_day(TODAY.end))
    assert await db.read(staffing.short, custody, tomorrow) == []
    one = await db.read(rostering.one_shift, custody, shift_id)
    assert replace(one[1], away=0).here == 1


async def rota(db: Db, county: County) -> list[UUID]:
    """The ids of the officer's stretches today, in order."""

    def read(session: Session, ctx: Context) -> list[UUID]:
        return [each.id for each in stored.of(session, [county.officer], TODAY).get(county.officer, [])]

    return await db.read(read, SYSTEM_CONTEXT)
