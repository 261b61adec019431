"""When things are open, over many days: sittings, hours, holidays, closures, both changes of the clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from threading import get_ident
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection
from sqlmodel import Session

from court_link.domain.business import Business, Panel
from court_link.domain.context import SYSTEM, Context
from court_link.domain.opening import Opening, without
from court_link.domain.places import ClosureKind, DutyKind
from court_link.domain.times import LONDON, Interval, day_interval, from_london
from court_link.scheduling.opening import openings
from court_link.store import Db, calendar
from court_link.store.prepared import Prepared
from court_link.store.tables import Closure, Duty, Holiday, OpeningHours, Resource, Site, SittingSession
from tests.county import County

CTX = Context(SYSTEM)
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
#: The clocks go forward, back, and forward.
CHANGES = (date(2027, 3, 28), date(2026, 10, 25), date(2027, 10, 31))
MINUTE = timedelta(minutes=1)


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range(count)]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return from_london(day, time(hour, minute))


def _openings(
    session: Session,
    ctx: Context,
    ids: Sequence[UUID],
    days: Sequence[date],
    business: Business | None = None,
) -> dict[UUID, Opening]:
    return openings(session, calendar.places(session, ids).values(), days, business=business)


async def opened(db: Db, thing: UUID, days: Sequence[date], business: Business | None = None) -> Opening:
    return (await db.read(_openings, CTX, [thing], days, business))[thing]


async def put(db: Db, *rows: object) -> None:
    def write(session: Session, ctx: Context) -> None:
        session.add_all(rows)

    await db.write(write, CTX)


def sitting(room: UUID, day: date, begins: int = 10, ends: int = 13, business: str = "") -> SittingSession:
    return SittingSession(
        courtroom_id=room, starts_at=at(day, begins), ends_at=at(day, ends), business_type=business
    )


def closure(
    site: UUID,
    start: datetime,
    end: datetime,
    room: UUID | None = None,
    kind: ClosureKind = ClosureKind.CLOSED,
    reason: str = "",
) -> Closure:
    return Closure(site_id=site, resource_id=room, starts_at=start, ends_at=end, kind=kind, reason=reason)


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def test_many_days_are_answered_in_order_and_in_as_many_queries_as_one(
    db: Db, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(db, *(sitting(county.courtroom, day) for day in days_from(MONDAY, 3)))
    asked: list[int] = []  # by which thread: what an earlier test left running asks in one of its own
    things = [county.courtroom, county.cell, county.officer]
    for owner, name in ((Connection, "execute"), (Prepared, "asked")):  # the two ways to ask the database
        real = getattr(owner, name)

        def heard(*given: Any, real: Any = real, **options: Any) -> Any:
            asked.append(get_ident())
            return real(*given, **options)

        monkeypatch.setattr(owner, name, heard)

    def counted(session: Session, ctx: Context, days: Sequence[date]) -> int:
        places = calendar.places(session, things).values()
        before = asked.count(get_ident())
        openings(session, places, days)
        return asked.count(get_ident()) - before

    one = await db.read(counted, CTX, [MONDAY])
    month = await db.read(counted, CTX, days_from(MONDAY, 30))
    assert one == month <= 6
    times = (await opened(db, county.courtroom, days_from(MONDAY, 3))).times
    assert times == tuple(Interval(at(day, 10), at(day, 13)) for day in days_from(MONDAY, 3))


async def test_each_day_is_as_it_would_be_if_it_were_asked_alone(db: Db, county: County) -> None:
    await put(
        db,
        sitting(county.courtroom, MONDAY),
        Holiday(day=date(2026, 12, 25), name="Christmas Day"),
        closure(county.court_house, at(date(2026, 12, 8), 12), at(date(2026, 12, 9), 12)),
    )
    days = days_from(MONDAY, 40)
    together = await opened(db, county.courtroom, days)
    apart: list[Interval] = []
    for day in days:
        alone = await opened(db, county.courtroom, [day])
        apart += alone.times
        assert alone.why(day) == together.why(day)
    assert list(together.times) == apart


async def test_a_week_with_a_session_is_planned_and_the_next_keeps_the_hours(db: Db, county: County) -> None:
    await put(db, sitting(county.courtroom, MONDAY))
    week = await opened(db, county.courtroom, days_from(MONDAY, 8))
    assert week.times == (
        Interval(at(MONDAY, 10), at(MONDAY, 13)),
        Interval(at(date(2026, 11, 30), 9), at(date(2026, 11, 30), 17)),
    )
    assert week.why(date(2026, 11, 24)) == "is not sitting"


async def test_a_bank_holiday_shuts_a_court_but_not_one_that_opens_then_nor_one_that_sits_then(
    db: Db, county: County
) -> None:
    christmas = date(2026, 12, 25)
    await put(db, Holiday(day=christmas, name="Christmas Day"))
    shut = await opened(db, county.courtroom, [christmas])
    assert (shut.times, shut.why(christmas)) == ((), "is closed for Christmas Day")
    await put(db, sitting(county.second_courtroom, christmas))
    assert (await opened(db, county.second_courtroom, [christmas])).times

    def open_up(session: Session, ctx: Context) -> None:
        session.get_one(Site, county.court_house).opens_on_holidays = True

    await db.write(open_up, CTX)
    assert (await opened(db, county.courtroom, [christmas])).times


async def test_a_remand_court_sits_on_saturday_by_a_session_or_by_its_hours(db: Db, county: County) -> None:
    assert (await opened(db, county.courtroom, [SATURDAY])).times == ()
    await put(db, OpeningHours(site_id=county.court_house, weekday=5, opens=9 * 60, closes=13 * 60))
    assert (await opened(db, county.courtroom, [SATURDAY])).times == (
        Interval(at(SATURDAY, 9), at(SATURDAY, 13)),
    )
    await put(db, sitting(county.second_courtroom, SATURDAY, 10, 12))
    assert (await opened(db, county.second_courtroom, [SATURDAY])).times == (
        Interval(at(SATURDAY, 10), at(SATURDAY, 12)),
    )


async def test_a_closure_is_cut_out_of_the_times_and_says_why(db: Db, county: County) -> None:
    tuesday = MONDAY + timedelta(days=1)
    await put(
        db,
        closure(
            county.court_house,
            at(MONDAY, 12),
            day_interval(tuesday).end,
            kind=ClosureKind.MAINTENANCE,
            reason="new screens",
        ),
    )
    found = await opened(db, county.courtroom, [MONDAY, tuesday])
    assert found.times == (Interval(at(MONDAY, 9), at(MONDAY, 12)),)
    assert found.why(tuesday) == "is under maintenance (new screens)"
    assert found.why(MONDAY) == "is closed"
    assert found.closures[0].why == "is under maintenance (new screens)"


async def test_a_blocked_room_leaves_the_others_of_its_site_open(db: Db, county: County) -> None:
    whole = day_interval(MONDAY)
    await put(
        db,
        closure(county.court_house, whole.start, whole.end, county.courtroom, kind=ClosureKind.BLOCKED),
    )
    found = await db.read(_openings, CTX, [county.courtroom, county.second_courtroom], [MONDAY])
    assert found[county.courtroom].times == ()
    assert found[county.courtroom].why(MONDAY) == "is kept free"
    assert found[county.second_courtroom].times


async def test_a_closed_suite_is_shut_though_it_never_shuts(db: Db, county: County) -> None:
    await put(db, closure(county.suite, at(MONDAY, 10), at(MONDAY, 11)))
    times = (await opened(db, county.cell, [MONDAY])).times
    whole = day_interval(MONDAY)
    assert times == (Interval(whole.start, at(MONDAY, 10)), Interval(at(MONDAY, 11), whole.end))


async def test_a_room_kept_for_some_business_sits_in_sessions_of_it(db: Db, county: County) -> None:
    def keep(session: Session, ctx: Context) -> None:
        session.get_one(Resource, county.courtroom).restricted_to = ["VIR", "VLT"]

    await db.write(keep, CTX)
    await put(
        db,
        sitting(county.courtroom, MONDAY, 9, 10, "VIR"),
        sitting(county.courtroom, MONDAY, 10, 11, "TRL"),
        sitting(county.courtroom, MONDAY, 11, 12),
        sitting(county.courtroom, MONDAY, 12, 13, "VLT"),
    )
    hours: dict[str | None, list[tuple[int, int]]] = {
        None: [(9, 10), (11, 13)],
        "VIR": [(9, 10), (11, 12)],
        "VLT": [(11, 13)],
        "TRL": [],
    }
    for code, spans in hours.items():
        business = Business(codes=frozenset({code})) if code else None
        found = await opened(db, county.courtroom, [MONDAY], business)
        assert found.times == tuple(Interval(at(MONDAY, a), at(MONDAY, b)) for a, b in spans), business
    trial = await opened(db, county.courtroom, [MONDAY], Business(codes=frozenset({"TRL"})))
    assert trial.why(MONDAY) == "is kept for Virtual Court and Video Link Timed"
    remand = await opened(db, county.courtroom, [MONDAY], Business(codes=frozenset({"VIR"})))
    assert remand.why(MONDAY) == "sits for Trial"


async def test_a_session_of_another_panel_is_no_sitting_and_says_so(db: Db, county: County) -> None:
    youth, family = sitting(county.courtroom, MONDAY, 9, 10), sitting(county.courtroom, MONDAY, 11, 12)
    youth.panel, family.panel = "YOUTH", "FAMILY"
    adult = sitting(county.courtroom, MONDAY, 13, 14)
    adult.panel = "ADULT"
    await put(db, youth, family, adult)
    hours = {Panel.ADULT: [(13, 14)], Panel.YOUTH: [(9, 10), (13, 14)], Panel.FAMILY: [(11, 12)]}
    for panel, spans in hours.items():
        found = await opened(db, county.courtroom, [MONDAY], Business(panel))
        assert found.times == tuple(Interval(at(MONDAY, a), at(MONDAY, b)) for a, b in spans), panel
        assert ("sits as a" in found.why(MONDAY)) is True
    of_adults = await opened(db, county.courtroom, [MONDAY], Business())
    assert of_adults.why(MONDAY) == "sits as a youth court"


async def test_people_are_in_the_answer_by_their_own_rota_and_absent_without_one(
    db: Db, county: County
) -> None:
    assert await db.read(_openings, CTX, [county.officer], [MONDAY]) == {}
    shift = Duty(
        person_id=county.officer, starts_at=at(MONDAY, 7), ends_at=at(MONDAY, 15), kind=DutyKind.SHIFT
    )
    await put(db, shift)
    assert (await opened(db, county.officer, [MONDAY])).times == (Interval(at(MONDAY, 7), at(MONDAY, 15)),)


@pytest.mark.parametrize("change", CHANGES)
async def test_on_both_days_when_the_clocks_change_every_minute_is_open_once_or_not_at_all(
    db: Db, county: County, change: date
) -> None:
    """Minute by minute over the three days around: nothing lost, nothing shifted, nothing doubled."""
    days = days_from(change - timedelta(days=1), 3)
    await put(db, OpeningHours(site_id=county.court_house, weekday=6, opens=0, closes=6 * 60))
    court = (await opened(db, county.courtroom, days)).times
    suite = (await opened(db, county.cell, days)).times
    assert suite == (Interval(day_interval(days[0]).start, day_interval(days[-1]).end),)
    assert all(before.end < after.start for before, after in pairwise(court))
    minute = day_interval(days[0]).start
    while minute < day_interval(days[-1]).end:
        local = minute.astimezone(LONDON)
        sat = local.weekday() == 6 and local.hour < 6
        weekday = local.weekday() < 5 and 9 <= local.hour < 17
        assert sum(each.holds(minute) for each in court) == (sat or weekday), local
        minute += MINUTE
    length = sum(each.minutes for each in court if each.start >= day_interval(change).start) - 8 * 60
    assert length == day_interval(change).minutes - 18 * 60


@pytest.mark.parametrize("change", CHANGES)
async def test_a_closure_over_a_change_of_the_clocks_takes_out_exactly_its_own_minutes(
    db: Db, county: County, change: date
) -> None:
    whole = day_interval(change)
    start, end = whole.start + timedelta(minutes=30), whole.start + timedelta(hours=2, minutes=30)
    await put(db, closure(county.suite, start, end))
    times = (await opened(db, county.cell, [change])).times
    minute = whole.start
    while minute < whole.end:
        assert any(each.holds(minute) for each in times) == (not start <= minute < end)
        minute += MINUTE


def test_what_is_cut_out_leaves_the_rest_in_order() -> None:
    def interval(a: int, b: int) -> Interval:
        return Interval(datetime(2026, 11, 23, a, tzinfo=UTC), datetime(2026, 11, 23, b, tzinfo=UTC))

    assert without([interval(9, 17)], [interval(8, 9), interval(10, 11), interval(16, 18)]) == (
        interval(9, 10),
        interval(11, 16),
    )
    assert without([interval(9, 10)], [interval(8, 18)]) == ()
    assert without([interval(9, 10)], []) == (interval(9, 10),)
