"""What court staff do with the days to come: find, move, swap, vacate, list again, wait, plan, overrun.

One county in the middle of its day; each journey has matters of its own, and looks at every page on its way.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlmodel import col, select

from court_link.demo import seeding
from court_link.domain import wording
from court_link.domain.context import Context
from court_link.domain.hearing import HearingState
from court_link.domain.times import day_interval, from_london, london_day
from court_link.store import Db, Session
from court_link.store.tables import Booking, Hearing, Resource, Site
from tests.importing.rotas import a_rota, profile
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import DESK, PHONE, Visitor, Watch

#: Matters of the next day, in order of time, each journey's own.
Matters = dict[str, list[UUID]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with service(tmp_path_factory.mktemp("planning"), a_day_and_the_next, mode="demo") as running:
        yield running


async def a_day_and_the_next(db: Db, running: Service) -> None:
    await seeding.seed(running.settings.database_url, running.clock, running.clock.now(), past=0, ahead=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matters(court: Service) -> Matters:
    async with county.store(court) as db:
        return await db.read(_matters, county.CONTEXT)


def _matters(session: Session, ctx: Context) -> Matters:
    """Adult matters of tomorrow in St Albans Courtroom 01: those booked, and those listed alone."""
    courtroom = session.exec(
        select(Resource.id)
        .join(Site, col(Site.id) == col(Resource.site_id))
        .where(Resource.name == "Courtroom 01", col(Site.name).startswith("St Albans Mag"))
    ).one()
    tomorrow = day_interval(date.fromordinal(london_day(ctx.now).toordinal() + 1))
    found = session.exec(
        select(Hearing)
        .where(
            Hearing.listed_room_id == courtroom,
            col(Hearing.listed_at) >= tomorrow.start,
            col(Hearing.listed_at) < tomorrow.end,
        )
        .order_by(col(Hearing.listed_at))
    ).all()
    running = session.exec(select(Hearing.id).where(Hearing.state == HearingState.IN_SESSION)).all()
    return {
        "booked": [row.id for row in found if row.state is HearingState.BOOKED],
        "listed": [row.id for row in found if row.state is HearingState.LISTED],
        "running": list(running),
    }


def booked_for(session: Session, ctx: Context, hearing_id: UUID) -> tuple[UUID, datetime]:
    """The courtroom and the start of a hearing's booking."""
    made = session.exec(
        select(Booking).where(Booking.hearing_id == hearing_id, Booking.state == "confirmed")
    ).one()
    return made.courtroom_id, made.starts_at


def a_gap(session: Session, ctx: Context, hearing_id: UUID) -> datetime:
    """A start of the same afternoon at which the hearing's courtroom is free for its length."""
    made = session.exec(
        select(Booking).where(Booking.hearing_id == hearing_id, Booking.state == "confirmed")
    ).one()
    taken = session.exec(
        select(Booking).where(Booking.courtroom_id == made.courtroom_id, Booking.state == "confirmed")
    ).all()
    start, length = from_london(london_day(made.starts_at), time(14)), made.ends_at - made.starts_at
    while any(each.starts_at < start + length and each.ends_at > start for each in taken):
        start += timedelta(minutes=5)
    return start


async def clerk_of(court: Service, visit: Visit, width: int = DESK) -> Visitor:
    return await county.signed_in(court, await visit(width), "clerk")


async def test_a_time_is_found_with_reasons_held_and_confirmed_on_a_phone(
    visit: Visit, court: Service, matters: Matters
) -> None:
    staff = await clerk_of(court, visit, PHONE)
    await staff.goes(f"/hearings/{matters['listed'][0]}/book")
    await staff.reads("Next times for everyone together", "Times that cannot be had")
    await staff.reads(re.compile(r"is booked for R v .* until "))
    assert await staff.faults_of_page() == []
    await staff.page.get_by_role("button", name=re.compile("^Hold ")).first.click()
    await staff.reads("Confirm this booking")
    await expect(staff.page.get_by_text(re.compile(r"\d+ minutes?|\d+:\d\d")).first).to_be_visible()
    assert await staff.faults_of_page() == []
    await staff.presses("Confirm booking")
    await staff.reads("Hearing booked")


async def test_a_hearing_is_moved_by_keyboard_and_whom_it_affects_is_shown_first(
    visit: Visit, court: Service, matters: Matters
) -> None:
    staff = await clerk_of(court, visit)
    hearing = matters["booked"][0]
    await staff.goes(f"/hearings/{hearing}")
    await staff.tabs_to("Move to another time")
    await staff.page.keyboard.press("Enter")
    await staff.reads("Move to another time")
    await staff.page.get_by_label("Start").focus()
    await staff.page.keyboard.press("Control+A")
    await staff.page.keyboard.type("1:40pm")
    await staff.page.keyboard.press("Enter")
    # Not while the courtroom has no sitting: nothing is changed, and why is said.
    await staff.reads("This cannot be done", re.compile("is not sitting"))
    assert await staff.faults_of_page() == []
    await staff.presses("Choose something else")
    async with county.store(court) as db:
        free = await db.read(a_gap, county.CONTEXT, hearing)
    await staff.page.get_by_label("Start").fill(wording.clock(free))
    await staff.presses("Show what will change")
    await staff.reads("Check what will change", "Whom it affects", re.compile(r"now 2.*, was 10"))
    assert await staff.faults_of_page() == []
    await staff.tabs_to("Make this change")
    await staff.page.keyboard.press("Enter")
    await expect(staff.page).to_have_url(re.compile(rf"/hearings/{hearing}\?done="))
    async with county.store(court) as db:
        _, start = await db.read(booked_for, county.CONTEXT, hearing)
    assert start == free


async def test_two_hearings_are_swapped(visit: Visit, court: Service, matters: Matters) -> None:
    one, other = matters["booked"][1:3]
    async with county.store(court) as db:
        before = [await db.read(booked_for, county.CONTEXT, each) for each in (one, other)]
    staff = await clerk_of(court, visit)
    await staff.goes(f"/hearings/{one}/change/swap")
    await staff.page.locator(f'input[name="other"][value="{other}"]').check()
    await staff.presses("Show what will change")
    await staff.reads("Check what will change")
    assert await staff.faults_of_page() == []
    await staff.presses("Make this change")
    await expect(staff.page).to_have_url(re.compile(rf"/hearings/{one}\?done="))
    async with county.store(court) as db:
        after = [await db.read(booked_for, county.CONTEXT, each) for each in (one, other)]
    assert after == before[::-1]


async def test_a_vacated_hearing_is_listed_again_and_its_time_is_offered_to_who_waits(
    visit: Visit, court: Service, matters: Matters
) -> None:
    staff, waiting = await clerk_of(court, visit), matters["listed"][1]
    await staff.goes(f"/hearings/{waiting}/waiting")
    assert await staff.faults_of_page() == []
    await staff.page.get_by_label(re.compile("Courtroom 01, St Albans Magistrates")).check()
    await staff.presses("Put on the wait list")
    await staff.reads("1 hearing waiting")
    board = await clerk_of(court, visit, PHONE)
    await board.goes("/waitlist")

    vacated = matters["booked"][3]
    await staff.goes(f"/hearings/{vacated}/vacate")
    await staff.page.get_by_label("The defence is not ready").check()
    await staff.presses("Vacate hearing")
    await staff.reads("Vacated")

    # The board comes alive by itself; the offer is accepted on the phone.
    await board.reads("On offer now", within=30)
    assert await board.faults_of_page() == []
    await board.presses("Accept")
    await board.reads("Hearing booked")

    await staff.goes(f"/hearings/{vacated}")
    await staff.presses("List it again")
    await staff.reads("List this matter again")
    assert await staff.faults_of_page() == []
    await staff.page.get_by_label("Day", exact=True).fill("30/11/2026")
    await staff.presses("List it again")
    # What it needed before is looked for at once, on the new day.
    await staff.reads("Next times for everyone together")
    assert await staff.page.get_by_label("From", exact=True).input_value() == "30/11/2026"


async def test_a_rota_is_imported_and_a_later_one_as_its_difference(visit: Visit, court: Service) -> None:
    staff = await clerk_of(court, visit)
    first = _rota(profile("1", "2026-12-01"), profile("2", "2026-12-02", business="VLT"))
    await _sends(staff, "december.xml", first)
    await staff.reads("Check this rota", "Nothing has changed yet.")
    assert await staff.faults_of_page() == []
    await staff.presses("Import this rota")
    await staff.reads("Rota imported")

    later = _rota(profile("1", "2026-12-01", half="PM"), profile("3", "2026-12-03"))
    await _sends(staff, "december, again.xml", later)
    await staff.reads("Check this rota")
    for change in ("New", "Changed", "Gone"):
        await expect(staff.page.get_by_role("rowheader", name=change)).to_have_count(1)
    assert await staff.faults_of_page() == []
    await staff.presses("Import this rota")
    await staff.reads("Rota imported")


def _rota(*profiles: str) -> bytes:
    """A rota of Stevenage's first courtroom."""
    return a_rota(*profiles).replace(b"Luton MC", b"Stevenage MC").replace(b"Luton ", b"Stevenage 0")


async def _sends(staff: Visitor, name: str, content: bytes) -> None:
    await staff.goes("/sittings/rota")
    file = {"name": name, "mimeType": "application/xml", "buffer": content}
    await staff.page.get_by_label("Rota", exact=True).set_input_files(file)  # type: ignore[arg-type]
    await staff.presses("Read this rota")


async def test_a_rota_that_is_broken_is_refused_with_its_lines(
    visit: Visit, court: Service, watch: Watch
) -> None:
    watch.expected = ("422 (Unprocessable",)
    staff = await clerk_of(court, visit)
    await _sends(staff, "broken.xml", _rota(profile("1", "2026-13-01")))
    await staff.reads("This rota cannot be imported", "Nothing was imported.")
    assert await staff.faults_of_page() == []


async def test_a_hearing_that_overruns_shows_what_follows_and_is_approved(
    visit: Visit, court: Service, matters: Matters
) -> None:
    staff = await clerk_of(court, visit)
    [running] = matters["running"]
    await staff.goes(f"/hearings/{running}/overrun")
    await staff.page.get_by_label("How much longer?").fill("15")
    await staff.presses("Show what follows")
    await staff.reads("What follows", "It goes on until")
    assert await staff.faults_of_page() == []
    await staff.presses("Approve")
    await expect(staff.page).to_have_url(re.compile(rf"/hearings/{running}\?done="))


async def test_the_diary_tells_the_same_as_a_picture_and_as_a_list(visit: Visit, court: Service) -> None:
    staff = await clerk_of(court, visit)
    await staff.goes("/diary")
    await staff.reads("Everything booked, by time")
    matters_listed = await staff.page.locator("main table tbody tr").count()
    assert matters_listed > 0
    await staff.follows("See the week")
    assert await staff.faults_of_page() == []
