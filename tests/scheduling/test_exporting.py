"""Exports: the hearings of some days as their reader sees them, safe in a spreadsheet, and recorded."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from court_link.domain.context import Context
from court_link.domain.errors import Forbidden, Invalid
from court_link.domain.events import EventKind
from court_link.domain.hearing import HearingState
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.scheduling import booking, exporting, matters
from court_link.store import Db, Session
from court_link.store.hearings import Filters
from court_link.store.tables import EventRow
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)


@pytest.fixture
async def county(db: Db) -> County:
    made = await County.settle(db)
    await db.write(add_shift, SYSTEM_CONTEXT, made.suite, MONDAY - DAY, MONDAY + 7 * DAY)
    return made


async def booked(db: Db, county: County, **facts: Any) -> UUID:
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN, **facts)
    needs = Needs(county.courtroom, 20, custody=(CustodyNeed(county.cell),), attending=(county.officer,))
    await db.write(booking.book, county.listing_officer, hearing, needs, TEN, rules=Rules())
    return hearing


async def exported(
    db: Db, ctx: Context, first: date = TODAY, last: date = TODAY, **more: object
) -> tuple[exporting.Line, ...]:
    filters = Filters(first, until=last, **more)  # type: ignore[arg-type]
    return await db.read(exporting.hearings, ctx, filters)


async def test_days_have_what_is_listed_or_booked_on_them_by_time(db: Db, county: County) -> None:
    later = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN + DAY)
    first = await booked(db, county)
    unlisted = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN + 3 * DAY)
    clerk = county.listing_officer
    assert [line.id for line in await exported(db, clerk, last=TODAY + DAY)] == [first, later]
    assert [line.id for line in await exported(db, clerk)] == [first]
    assert unlisted not in [line.id for line in await exported(db, clerk, last=TODAY + 2 * DAY)]
    [line] = await exported(db, clerk)
    assert (line.court_house, line.courtroom) == ("Demo Court House", "Courtroom 1")
    assert line.rooms == ("Courtroom 1", "Video room 1", "PC 1187 Demo")
    assert (line.starts_at, line.minutes) == (TEN, 20)


async def test_the_filters_of_the_pages_narrow_an_export(db: Db, county: County) -> None:
    hearing = await booked(db, county, title="R v Gooseberry")
    await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN + timedelta(hours=2), title="R v Marchpane")
    clerk = county.listing_officer
    for more in ({"text": "gooseb"}, {"state": HearingState.BOOKED}):
        assert [line.id for line in await exported(db, clerk, **more)] == [hearing]
    assert len(await exported(db, clerk, room_id=county.courtroom)) == 2
    assert await exported(db, clerk, room_id=county.second_courtroom) == ()


async def test_nobody_exports_what_they_may_not_see(db: Db, county: County) -> None:
    hearing = await booked(db, county)
    assert await exported(db, county.foreign_listing_officer) == ()
    [line] = await exported(db, county.person(county.custody, Role.CUSTODY_OFFICER))
    assert (line.id, line.rooms) == (hearing, ("Courtroom 1", "Video room 1"))  # not who gives evidence
    with pytest.raises(Forbidden):
        await exported(db, county.reader)


@pytest.mark.parametrize(("first", "last"), [(TODAY, TODAY - DAY), (TODAY, TODAY + 366 * DAY)])
async def test_days_that_make_no_period_are_refused(db: Db, county: County, first: date, last: date) -> None:
    with pytest.raises(Invalid):
        await exported(db, county.listing_officer, first, last)


async def test_too_many_hearings_are_refused_and_none_left_out(
    db: Db, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_AT_ONCE", 1)
    for hour in range(3):
        await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN + timedelta(hours=hour))
    assert len(await exported(db, county.listing_officer)) == 3
    monkeypatch.setattr(exporting, "MOST_HEARINGS", 2)

    def nothing_is_read(*given: object, **more: object) -> None:
        pytest.fail("They are counted, and none is read to be told so.")

    monkeypatch.setattr(matters, "page", nothing_is_read)
    with pytest.raises(exporting.TooMany):
        await exported(db, county.listing_officer)


# Over HTTP


@pytest.fixture
async def clerk(world: World, settled: County) -> httpx.AsyncClient:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.machine(court, Role.LISTING_OFFICER)


async def test_the_file_opens_safely_in_a_spreadsheet_in_london_time(
    world: World, settled: County, clerk: httpx.AsyncClient
) -> None:
    await world.db.write(
        add_hearing, SYSTEM_CONTEXT, settled, TEN, title='=HYPERLINK("http://example.com")', youth=True
    )
    answer = await clerk.get("/api/exports/hearings.csv")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="court-link-hearings-2026-11-23-to-2026-11-23.csv"'
    )
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert row["title"] == '\'=HYPERLINK("http://example.com")'
    assert (row["day"], row["starts"], row["ends"]) == ("2026-11-23", "10:00", "10:20")
    assert (row["youth"], row["family"], row["state"]) == ("yes", "no", "listed")


async def test_an_export_says_the_same_as_json_and_each_reading_is_recorded(
    world: World, settled: County, clerk: httpx.AsyncClient
) -> None:
    hearing = await booked(world.db, settled)
    answer = await clerk.get("/api/exports/hearings", params={"first": "2026-11-23", "last": "2026-11-24"})
    body = answer.json()
    assert (body["first"], body["last"]) == ("2026-11-23", "2026-11-24")
    [item] = body["items"]
    assert (item["id"], item["state"], item["starts_at"]) == (str(hearing), "booked", "2026-11-23T10:00:00Z")
    assert await world.db.read(_readings, SYSTEM_CONTEXT) == [hearing]


async def test_an_export_of_no_period_is_a_problem_that_names_the_field(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.get("/api/exports/hearings", params={"first": "2026-11-24", "last": "2026-11-23"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "last")


async def test_the_day_page_leads_to_its_own_export(world: World, settled: County) -> None:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    browser = await world.signed_in(await world.person(court, Role.LISTING_OFFICER))
    page = await browser.get("/day?date=2026-11-24&q=goose&state=booked")
    assert "/api/exports/hearings.csv?first=2026-11-24&amp;state=booked&amp;q=goose" in page.text
    assert (await browser.get("/api/exports/hearings.csv?first=2026-11-24&state=booked&q=goose")).is_success


def _readings(session: Session, ctx: Context) -> list[UUID | None]:
    rows = session.exec(
        select(EventRow.hearing_id).where(EventRow.kind == EventKind.HEARING_READ).order_by(col(EventRow.id))
    )
    return list(rows)
