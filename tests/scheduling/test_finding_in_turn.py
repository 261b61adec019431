"""A search that lays out its days in turn finds what one that lays out all of them at once does.

But for one thing: of what takes a day away, the end is said only where it was seen, which is on the day after
at the latest.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.errors import Refusal
from court_link.domain.places import DutyKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules, Travel
from court_link.domain.times import Interval, day_interval
from court_link.scheduling import finding, searching
from court_link.scheduling.finding import Found, Wish
from court_link.scheduling.searching import Laid, lay_out
from court_link.store import Db, Session, duties
from court_link.store.tables import Booking, OpeningHours
from tests.county import SYSTEM_CONTEXT, County, add_booking, add_hearing, add_shift, add_sitting
from tests.stores import MONDAY

DAYS = 9
RULES = Rules()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def diaries(session: Session, ctx: Context, county: County, chance: random.Random) -> None:
    """Rooms and people who are busy, away and short of staff by chance, at night too."""
    for weekday in range(5, 7):  # a court house that never shuts at the weekend
        session.add(OpeningHours(site_id=county.court_house, weekday=weekday, opens=0, closes=24 * 60))
    for day in range(-1, DAYS + 1):
        midnight = MONDAY.replace(hour=0) + day * DAY
        add_shift(session, ctx, county.suite, midnight, midnight + DAY, chance.choice((0, 1, 3)))
        if chance.random() < 0.3:
            away = Interval(midnight + 20 * HOUR, midnight + chance.randrange(24, 40) * HOUR)
            kind = chance.choice((DutyKind.SHIFT, DutyKind.SICK))
            duties.add(session, [(county.officer, away, kind)])
        if chance.random() < 0.3:
            add_sitting(session, ctx, county.second_courtroom, midnight + 10 * HOUR, midnight + 30 * HOUR)
    for resource in (county.courtroom, county.second_courtroom, county.cell, county.officer):
        at = MONDAY - DAY
        while at < MONDAY + DAYS * DAY:
            length = chance.choice((25, 55, 115, 300))
            hearing = add_hearing(session, ctx, county, at, title="R v Other")
            booking = add_booking(session, ctx, hearing, at, length, resource)
            if chance.random() < 0.1:
                lapse(session.get_one(Booking, booking))
            at += timedelta(minutes=length + chance.choice((0, 20, 70, 400)))


def lapse(row: Booking) -> None:
    row.state, row.hold_expires_at, row.needs = BookingState.PROVISIONAL, MONDAY - HOUR, {"taken": []}


def wish(county: County, chance: random.Random) -> Wish:
    cell = CustodyNeed(
        county.cell, consultation=chance.choice((0, 45, 240)), afterwards=chance.choice((0, 90))
    )
    journey = (Travel(county.officer, 90),) if chance.random() < 0.4 else ()
    needs = Needs(
        county.courtroom,
        chance.choice((10, 45, 200)),
        (cell,) if chance.random() < 0.8 else (),
        (county.officer,) if chance.random() < 0.6 or journey else (),
        detained=chance.random() < 0.3,
        travel=journey,
    )
    return Wish(needs, any_courtroom=chance.random() < 0.5)


def near(found: Found) -> Found:
    """The same, with ends that lie beyond the next day left out."""

    def said(day: date, refusal: Refusal) -> Refusal:
        seen = refusal.until is None or refusal.until <= day_interval(day).end + searching.AFTER - HOUR
        return refusal if seen else replace(refusal, until=None)

    refused = (
        replace(of, refusals=tuple(said(of.day, each) for each in of.refusals)) for of in found.refused
    )
    return replace(found, refused=tuple(refused))


@pytest.mark.parametrize("seed", range(3))
async def test_days_laid_out_in_turn_give_the_answer_of_all_at_once(
    sqlite_db: Db, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    county = await County.settle(sqlite_db)
    await sqlite_db.write(diaries, SYSTEM_CONTEXT, county, chance)
    listed = MONDAY + chance.randrange(-10, 100) * HOUR
    hearing = await sqlite_db.write(add_hearing, SYSTEM_CONTEXT, county, listed)
    some = False
    for _ in range(8):
        wanted, count = wish(county, chance), chance.choice((3, 10, 50))
        first = MONDAY.date() + chance.randrange(3) * DAY

        async def answer(stretch: int, *asked: Any) -> Found:
            monkeypatch.setattr(searching, "FIRST", stretch)
            wanted, first, count = asked
            return await sqlite_db.read(
                finding.find,
                county.listing_officer,
                hearing,
                wanted,
                first,
                days=DAYS - 3,
                count=count,
                rules=RULES,
            )

        at_once = await answer(DAYS, wanted, first, count)
        for stretch in (1, 2, 4):
            assert near(await answer(stretch, wanted, first, count)) == near(at_once)
        some = some or bool(at_once.options)
    assert some, "nothing was ever free"


async def test_a_search_that_ends_in_the_first_week_lays_out_no_other_day(
    sqlite_db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = await County.settle(sqlite_db)
    hearing = await sqlite_db.write(add_hearing, SYSTEM_CONTEXT, county, MONDAY)
    laid_out: list[int] = []

    def counting(*given: Any, **more: Any) -> Laid:
        laid_out.append(len(given[5]))
        return lay_out(*given, **more)

    monkeypatch.setattr(finding, "lay_out", counting)
    wanted = Wish(Needs(county.courtroom, 30))
    asked = (county.listing_officer, hearing, wanted, MONDAY.date())
    found = await sqlite_db.read(finding.find, *asked, days=30, rules=RULES)
    assert (len(found.options), laid_out) == (10, [7])
    assert found.last_day == MONDAY.date() + 29 * DAY
