"""The report tells what was recorded, of the reader's own area, and counts nothing twice."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from court_link.domain.booking import PoolKind, ResourceKind
from court_link.domain.capacity import Use
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import Forbidden, Invalid, Stale
from court_link.domain.events import EventKind
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.places import ClosureKind
from court_link.domain.roles import Part, Role
from court_link.domain.savings import Assumptions
from court_link.reporting import capacity, savings
from court_link.reporting.capacity import Period
from court_link.store import Db, Session, events
from court_link.store.tables import Closure, Hearing, Link, Shift
from tests.county import SYSTEM_CONTEXT, County, add_booking, add_hearing, add_shift, add_sitting
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
TODAY = Period(MONDAY.date(), MONDAY.date())


def held(
    session: Session, ctx: Context, /, hearing_id: UUID, began: datetime, ended: datetime, **facts
) -> None:
    """A hearing that started and ended then, told in events and facts as running it would."""
    row = session.get_one(Hearing, hearing_id)
    row.state, row.started_at, row.ended_at = HearingState.ENDED, began, ended
    row.outcome, row.end_cause = Outcome.DEALT_WITH, EndCause.CONCLUDED
    for name, value in facts.items():
        setattr(row, name, value)
    events.record(session, ctx.at(began), EventKind.HEARING_STARTED, hearing_id=hearing_id)
    events.record(session, ctx.at(ended), EventKind.HEARING_ENDED, hearing_id=hearing_id)


def officer_came(
    session: Session, ctx: Context, hearing_id, officer, arrived: datetime, left: datetime
) -> None:
    session.add(
        Link(
            hearing_id=hearing_id,
            part=Part.OFFICER,
            label="PC 1187 Demo",
            person_id=officer,
            arrived_at=arrived,
            left_at=left,
        )
    )


async def a_day(db: Db) -> tuple[County, UUID]:
    """Courtroom 1 staffed 10 to 1; one hearing booked 10:00 to 10:30, held 10:10 to 10:25."""
    county = await County.settle(db)
    await db.write(add_sitting, SYSTEM_CONTEXT, county.courtroom, TEN, TEN + timedelta(hours=3))
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, TEN, TEN + timedelta(hours=2))
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN)
    await db.write(add_booking, SYSTEM_CONTEXT, hearing, TEN, 30, county.courtroom, county.cell)
    began, ended = TEN + timedelta(minutes=10), TEN + timedelta(minutes=25)
    await db.write(held, SYSTEM_CONTEXT, hearing, began, ended)
    await db.write(officer_came, SYSTEM_CONTEXT, hearing, county.officer, TEN, ended)
    return county, hearing


async def test_in_session_and_booked_stand_against_staffed_minutes(db: Db, clock):
    county, _ = await a_day(db)
    clock.set(TEN + timedelta(hours=6))
    report = await db.read(capacity.report, county.reader, TODAY)
    uses = {each.room.id: each.use for each in report.rooms}
    assert uses[county.courtroom] == Use(open=180, booked=30, in_session=15)
    assert uses[county.second_courtroom] == Use(open=480)  # nobody planned its week: it keeps its hours
    assert uses[county.cell] == Use(open=120, booked=30, in_session=15)
    assert report.courtrooms == Use(660, 30, 15)
    assert report.days[MONDAY.date()] == Use(660, 30, 15)
    assert report.sites["Demo Custody Suite", ResourceKind.CUSTODY_ROOM] == Use(240, 30, 15)


def close(session: Session, ctx: Context, site: UUID, start: datetime, room: UUID | None = None) -> None:
    """Closed for an hour."""
    session.add(
        Closure(
            site_id=site,
            resource_id=room,
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            kind=ClosureKind.MAINTENANCE,
        )
    )


async def test_closed_time_is_not_staffed_whether_sat_or_on_shift(db: Db):
    county, _ = await a_day(db)
    await db.write(close, SYSTEM_CONTEXT, county.court_house, TEN, county.courtroom)
    await db.write(close, SYSTEM_CONTEXT, county.suite, TEN + timedelta(minutes=30))
    report = await db.read(capacity.report, county.reader, TODAY)
    opened = {each.room.id: each.use.open for each in report.rooms}
    assert opened[county.courtroom] == 120
    assert opened[county.second_courtroom] == 480
    assert opened[county.cell] == opened[county.second_cell] == 60


async def test_a_courtroom_with_any_session_in_a_week_is_staffed_in_its_sessions_alone(db: Db):
    county, _ = await a_day(db)
    tuesday, next_week = MONDAY.date() + timedelta(days=1), MONDAY.date() + timedelta(days=7)
    for day, minutes in ((tuesday, 0), (next_week, 480)):
        report = await db.read(capacity.report, county.reader, Period(day, day))
        opened = {each.room.id: each.use.open for each in report.rooms}
        assert opened[county.courtroom] == minutes
    both = await db.read(capacity.report, county.reader, Period(MONDAY.date(), next_week))
    assert {each.room.id: each.use.open for each in both.rooms}[county.courtroom] == 180 + 480


async def test_staff_who_are_away_and_escorts_staff_no_custody_room(db: Db):
    county, _ = await a_day(db)
    start, end = TEN + timedelta(hours=2), TEN + timedelta(hours=3)
    facts: dict[str, Any] = {"site_id": county.suite, "starts_at": start, "ends_at": end, "staff": 2}
    gone, escorts = Shift(**facts, away=2), Shift(**facts, pool=PoolKind.ESCORTS)
    await db.write(lambda session, ctx: session.add_all([gone, escorts]), SYSTEM_CONTEXT)
    report = await db.read(capacity.report, county.reader, TODAY)
    assert {each.room.id: each.use.open for each in report.rooms}[county.cell] == 120


async def test_hearings_are_counted_by_what_became_of_them(db: Db, clock):
    county, _ = await a_day(db)
    second, third = TEN + timedelta(minutes=40), TEN + timedelta(minutes=80)
    for start, facts in ((second, {"end_cause": EndCause.TECHNICAL_FAILURE}), (third, {})):
        hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, start, state=HearingState.BOOKED)
        await db.write(add_booking, SYSTEM_CONTEXT, hearing, start, 30, county.courtroom)
        if facts:
            await db.write(held, SYSTEM_CONTEXT, hearing, start, start + timedelta(minutes=5), **facts)
    clock.set(third + timedelta(minutes=4))
    counted = (await db.read(capacity.report, county.reader, TODAY)).hearings
    assert (counted.booked, counted.ended, counted.technically_failed) == (3, 2, 1)
    assert counted.outcomes == {Outcome.DEALT_WITH: 2}
    assert counted.late == 1  # the first began ten minutes late
    clock.set(third + timedelta(minutes=5))
    assert (await db.read(capacity.report, county.reader, TODAY)).hearings.late == 2  # the third still waits


async def test_officer_time_given_back_is_the_baseline_less_link_and_set_up(db: Db, clock):
    county, _ = await a_day(db)
    report = await db.read(capacity.report, county.reader, TODAY)
    assert report.savings.hours == pytest.approx(3 - 25 / 60 - 5 / 60)


async def test_assumptions_are_the_organisations_own_and_a_stale_change_is_refused(db: Db):
    county, _ = await a_day(db)
    sussex = Assumptions(baseline_hours=5.5)
    await db.write(savings.adjust, county.reader, sussex, 0)
    assert (await db.read(capacity.report, county.reader, TODAY)).assumptions == sussex
    assert (await db.read(capacity.report, county.listing_officer, TODAY)).assumptions == Assumptions()
    with pytest.raises(Stale):
        await db.write(savings.adjust, county.reader, Assumptions(), 0)


async def test_another_area_sees_nothing_of_this_one(db: Db):
    await a_day(db)
    stranger = Context(Actor(ActorKind.USER, roles=frozenset({Role.COMMISSIONER})))
    report = await db.read(capacity.report, stranger, TODAY)
    assert report.rooms == ()
    assert (report.hearings.booked, report.savings.officer_days) == (0, 0)


async def test_only_readers_of_reports_read_them(db: Db):
    county, _ = await a_day(db)
    with pytest.raises(Forbidden):
        await db.read(capacity.report, county.person(county.court, Role.USHER), TODAY)


def test_a_period_runs_forwards_and_for_a_year_at_most():
    for first, last in ((date(2026, 2, 1), date(2026, 1, 31)), (date(2025, 1, 1), date(2026, 1, 2))):
        with pytest.raises(Invalid) as refused:
            Period(first, last)
        assert refused.value.errors[0].field == "last"


async def test_a_changeover_day_has_its_own_length(db: Db, clock):
    county = await County.settle(db)
    sunday = date(2026, 10, 25)
    window = Period(sunday, sunday).window
    await db.write(add_shift, SYSTEM_CONTEXT, county.suite, window.start, window.end)
    report = await db.read(capacity.report, county.reader, Period(sunday, sunday))
    assert report.sites["Demo Custody Suite", ResourceKind.CUSTODY_ROOM].open == 2 * 25 * 60
