"""When a person may be asked for, and who may know why they may not."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from threading import get_ident
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from court_link.domain.context import Actor, Context
from court_link.domain.opening import Opening
from court_link.domain.places import DutyKind
from court_link.domain.roles import Role
from court_link.domain.times import Interval, day_interval, to_london
from court_link.scheduling import duties
from court_link.store import Db, Session, calendar
from court_link.store import duties as store
from court_link.store.prepared import Prepared
from tests.county import SYSTEM_CONTEXT, County

MON, TUE, WED = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
SHIFT, LEAVE, REST, SICK = DutyKind.SHIFT, DutyKind.LEAVE, DutyKind.REST_DAY, DutyKind.SICK


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour of UTC, which in November is London's."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def span(first: date, begins: int, last: date, ends: int) -> Interval:
    return Interval(at(first, begins), at(last, ends))


def roster(
    session: Session, ctx: Context, person: UUID, stretches: Iterable[tuple[DutyKind, Interval]]
) -> None:
    store.add(session, [(person, interval, kind) for kind, interval in stretches])


def opened(
    session: Session, ctx: Context, people: Iterable[UUID], days: Iterable[date], reader: Actor | None = None
) -> dict[UUID, Opening]:
    places = calendar.places(session, list(people))
    return duties.openings_of(session, places.values(), list(days), reader)


@pytest.fixture
async def county(db: Db) -> County:
    return await County.settle(db)


async def opening(db: Db, county: County, *days: date, reader: Actor | None = None) -> Opening:
    found = await db.read(opened, SYSTEM_CONTEXT, [county.officer], days, reader)
    return found[county.officer]


async def test_a_person_without_a_rota_is_always_open(db, county):
    await db.write(roster, SYSTEM_CONTEXT, county.officer, [(SHIFT, span(MON, 7, MON, 15))])
    found = await db.read(opened, SYSTEM_CONTEXT, [county.officer, county.second_officer], [MON])
    assert county.second_officer not in found
    assert await db.read(opened, SYSTEM_CONTEXT, [county.officer], [WED]) == {}


async def test_with_a_shift_on_a_day_they_are_free_in_their_shifts_alone(db, county):
    await db.write(roster, SYSTEM_CONTEXT, county.officer, [(SHIFT, span(MON, 7, MON, 15))])
    found = await opening(db, county, MON, TUE)
    assert found.times == (span(MON, 7, MON, 15), day_interval(TUE))
    assert found.why(MON) == "is not on shift"


async def test_leave_a_rest_day_and_sickness_take_whole_stretches_out_of_a_shift(db, county):
    await db.write(
        roster,
        SYSTEM_CONTEXT,
        county.officer,
        [
            (SHIFT, span(MON, 7, MON, 15)),
            (SICK, span(MON, 12, MON, 23)),
            (REST, day_interval(TUE)),
            (LEAVE, span(WED, 9, WED, 12)),
        ],
    )
    own = county.person(county.force, Role.ADMINISTRATOR).actor
    found = await opening(db, county, MON, TUE, WED, reader=own)
    whole = day_interval(WED)
    assert found.times == (
        span(MON, 7, MON, 12),
        Interval(whole.start, at(WED, 9)),
        Interval(at(WED, 12), whole.end),
    )
    assert [found.why(day) for day in (MON, TUE, WED)] == ["is off sick", "is on a rest day", "is on leave"]


@pytest.mark.parametrize("kind", [SICK, LEAVE, REST])
async def test_another_organisation_never_reads_why_somebody_is_away(db, county, kind):
    await db.write(roster, SYSTEM_CONTEXT, county.officer, [(kind, span(MON, 9, MON, 17))])
    for reader in (county.listing_officer.actor, None):
        found = await opening(db, county, MON, reader=reader)
        assert found.why(MON) == "is not available"
    own = await opening(db, county, MON, reader=county.person(county.force, Role.ADMINISTRATOR).actor)
    assert own.why(MON) == duties.AWAY[kind]  # the control: it is kept, and said to those whose it is


async def test_a_night_shift_over_midnight_is_one_stretch_and_frees_neither_morning(db, county):
    await db.write(roster, SYSTEM_CONTEXT, county.officer, [(SHIFT, span(MON, 22, TUE, 6))])
    found = await opening(db, county, MON, TUE, WED)
    assert found.times == (span(MON, 22, TUE, 6), day_interval(WED))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2027, 3, 28), 23)])
async def test_on_a_changeover_day_a_rest_day_takes_all_of_its_hours(db, county, day, hours):
    whole = day_interval(day)
    assert whole.minutes == hours * 60
    await db.write(roster, SYSTEM_CONTEXT, county.officer, [(REST, whole)])
    around = [day - timedelta(days=1), day, day + timedelta(days=1)]
    found = await opening(db, county, *around)
    minutes = dict.fromkeys(around, 0)
    moment = day_interval(around[0]).start
    while moment < day_interval(around[-1]).end:
        minutes[to_london(moment).date()] += any(time.holds(moment) for time in found.times)
        moment += timedelta(minutes=1)
    assert minutes == {around[0]: 1440, day: 0, around[-1]: 1440}


async def test_a_month_of_many_people_is_one_query(db, county, monkeypatch):
    month = [MON + timedelta(days=n) for n in range(30)]
    for person in (county.officer, county.second_officer):
        await db.write(
            roster, SYSTEM_CONTEXT, person, [(SHIFT, Interval(at(day, 7), at(day, 15))) for day in month]
        )

    asked: list[int] = []  # by which thread: what an earlier test left running asks in one of its own
    for owner, name in ((Connection, "execute"), (Prepared, "asked")):  # the two ways to ask the database
        real = getattr(owner, name)

        def heard(*given: Any, real: Any = real, **options: Any) -> Any:
            asked.append(get_ident())
            return real(*given, **options)

        monkeypatch.setattr(owner, name, heard)

    def counted(session: Session, ctx: Context, days: list[date]) -> int:
        places = calendar.places(session, [county.officer, county.second_officer])
        before = asked.count(get_ident())
        found = duties.openings_of(session, places.values(), days)
        assert all(len(each.times) == len(days) for each in found.values())
        return asked.count(get_ident()) - before

    assert await db.read(counted, SYSTEM_CONTEXT, month) == 1
    assert await db.read(counted, SYSTEM_CONTEXT, month[:1]) == 1
