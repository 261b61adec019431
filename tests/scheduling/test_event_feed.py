"""The event feed: in order, nothing missed, nothing personal, and no more than each may know."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from court_link.domain.errors import Forbidden
from court_link.domain.events import Event, EventKind
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity.organisations import Organisation
from court_link.identity.trail import READS
from court_link.scheduling import booking, event_feed, readings, vacating
from court_link.scheduling.event_feed import FACTS, OWN
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db
from tests.api.apps import World
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
async def county(db: Db) -> County:
    made = await County.settle(db)
    await db.write(add_shift, SYSTEM_CONTEXT, made.suite, MONDAY - DAY, MONDAY + DAY)
    return made


async def happened(db: Db, county: County) -> UUID:
    """A hearing is booked, read and taken out; everything of it is sealed."""
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN)
    needs = Needs(county.courtroom, 20, custody=(CustodyNeed(county.cell),), attending=(county.officer,))
    clerk = county.listing_officer
    await db.write(booking.book, clerk, hearing, needs, TEN, rules=Rules())
    await db.write(readings.note, clerk, [hearing])
    reason = VacateReason.DEFENCE_NOT_READY
    await db.write(vacating.vacate, clerk, hearing, reason, "Mr Gooseberry is unwell")
    await sealed(db, county, EventKind.HEARING_VACATED)
    return hearing


async def sealed(db: Db, county: County, kind: EventKind) -> None:
    """Waits until an event of this kind stands in the court's feed."""
    cursor = 0
    async with asyncio.timeout(60):
        while True:
            page = await db.read(event_feed.after, county.listing_officer, 0, 500)
            if any(event.kind is kind for event in page.events):
                return
            cursor = await db.sealed(max(cursor, page.cursor), timeout=1)


async def test_a_court_hears_of_everything_of_its_hearings_in_order(db: Db, county: County) -> None:
    hearing = await happened(db, county)
    page = await db.read(event_feed.after, county.listing_officer, 0, 500)
    seqs = [event.seq for event in page.events]
    assert seqs == sorted(set(seqs))
    kinds = [event.kind for event in page.events if event.hearing_id == hearing]
    assert kinds.index(EventKind.BOOKING_CONFIRMED) < kinds.index(EventKind.HEARING_VACATED)
    assert EventKind.LINK_ISSUED in kinds
    assert not set(kinds) & READS
    assert all("personal" not in event.data for event in page.events)
    assert "Gooseberry" not in repr(page)


async def test_pages_follow_one_another_and_miss_nothing(db: Db, county: County) -> None:
    await happened(db, county)
    whole = await db.read(event_feed.after, county.listing_officer, 0, 500)
    found: list[Event] = []
    cursor = 0
    while (page := await db.read(event_feed.after, county.listing_officer, cursor, 2)).events:
        found += page.events
        assert page.cursor > cursor
        cursor = page.cursor
    assert found == list(whole.events)
    assert (await db.read(event_feed.after, county.listing_officer, whole.cursor, 2)).events == ()


async def test_another_organisation_concerned_hears_the_fact_alone(db: Db, county: County) -> None:
    hearing = await happened(db, county)
    sergeant = county.person(county.custody, Role.CUSTODY_OFFICER)
    page = await db.read(event_feed.after, sergeant, 0, 500)
    about = [event for event in page.events if event.hearing_id == hearing]
    assert {event.kind for event in about} >= {EventKind.BOOKING_CONFIRMED, EventKind.HEARING_VACATED}
    assert {event.kind for event in about} <= FACTS
    assert all((event.data, event.actor_id, event.subject_id) == ({}, None, None) for event in about)


async def test_a_stranger_hears_nothing_and_their_cursor_goes_on(db: Db, county: County) -> None:
    await happened(db, county)
    page = await db.read(event_feed.after, county.foreign_listing_officer, 0, 500)
    ours = await db.read(event_feed.after, county.listing_officer, 0, 500)
    assert page.events == ()
    assert page.cursor >= ours.events[-1].seq
    with pytest.raises(Forbidden):
        await db.read(event_feed.after, county.reader, 0, 500)


def test_what_is_for_the_audit_alone_is_never_in_the_feed() -> None:
    kinds = FACTS | OWN
    assert not kinds & READS
    assert not {kind for kind in kinds if kind.value.startswith(("user.", "token.", "audit.", "feed."))}
    assert not FACTS & OWN


# Over HTTP


@pytest.fixture
async def clerk(world: World, settled: County) -> httpx.AsyncClient:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.machine(court, Role.LISTING_OFFICER)


async def test_a_machine_waits_for_what_comes_next(
    world: World, settled: County, clerk: httpx.AsyncClient
) -> None:
    await happened(world.db, settled)
    first = (await clerk.get("/api/events", params={"limit": 500})).json()
    assert first["next"] >= first["items"][-1]["seq"]
    waiting = asyncio.create_task(
        clerk.get("/api/events", params={"after": first["next"], "wait": 25}, timeout=30)
    )
    made = await clerk.post(
        "/api/hearings",
        json={"title": "R v Example", "hearing_type": "First appearance", "day": "2026-11-24"},
    )
    async with asyncio.timeout(60):
        news = (await waiting).json()
    assert [(item["kind"], item["hearing_id"]) for item in news["items"]] == [
        ("hearing.listed", made.json()["id"])
    ]


async def test_without_waiting_nothing_new_is_an_empty_page(clerk: httpx.AsyncClient) -> None:
    answer = (await clerk.get("/api/events", params={"after": 10_000})).json()
    assert answer == {"items": [], "next": 10_000}


@pytest.mark.parametrize("wrong", [{"after": -1}, {"limit": 501}, {"wait": 26}])
async def test_a_question_that_is_none_is_a_problem(clerk: httpx.AsyncClient, wrong: dict[str, int]) -> None:
    assert (await clerk.get("/api/events", params=wrong)).status_code == 422
