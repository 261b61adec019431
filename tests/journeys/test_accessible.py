"""Every page, for everyone: axe finds nothing at a desk or on a phone, and nothing is wider than the screen.

The pages of a hearing itself change as it goes; they are looked at stage by stage in `test_main_job`.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Error, expect
from sqlmodel import col, select

from court_link.api import pages
from court_link.api.following import key as following_key
from court_link.domain.booking import BookingState
from court_link.domain.context import Context
from court_link.domain.hearing import HearingState
from court_link.domain.places import DutyKind
from court_link.domain.roles import Part, Role
from court_link.domain.rota import Stretch, whole_days
from court_link.domain.sittings import Half, sitting
from court_link.domain.standing import Screen
from court_link.identity import tokens
from court_link.importing import lists, people, people_files, reading, rota, rota_runs, runs
from court_link.media import joining, ties
from court_link.media.engine import RecordedFile
from court_link.scheduling import calendar_feeds, closures, following, rostering, sittings
from court_link.scheduling.calendar_feeds import Kind
from court_link.store import Db, Session, links
from court_link.store.imports import STAFF_FORMATS
from court_link.store.tables import (
    ApiToken,
    Booking,
    CalendarFeed,
    Closure,
    DirectionRow,
    Duty,
    Exhibit,
    Hearing,
    Link,
    Recording,
    Shift,
    Site,
    SittingSession,
    TrackingReference,
    User,
    Waiting,
)
from court_link.store.tables.imports import ImportRun, ImportState
from tests.importing.rotas import a_rota, profile
from tests.journeys import county, waiting
from tests.journeys.conftest import Visit
from tests.journeys.service import Process, Service, service
from tests.journeys.visiting import Visitor, Watch

_LISTS = Path(__file__).parents[1] / "data/court-lists/samples"
#: A search for times: some are free, and some are refused for a reason.
FOUND = (
    "/hearings/{listed}/book?day=2026-11-23&courtroom_id={courtroom}&minutes=20&custody={cell}&attending={pc}"
)

#: Addresses that answer something else than a page: downloads, and the feed of live pages.
NOT_PAGES = {
    "/audit.csv",
    "/follow/live",
    "/evidence/{link_id}/calendar.ics",
    "/enter/sample-list.json",
    "/staff/import/template/{kind}",
    "/recordings/{recording_id}/files/{name}",
}
_FORCE = "force-administrator"
#: Who opens each page, and at which addresses; {names} stand for what the county holds.
PAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "/": ("", ("/",)),
    "/accessibility": ("", ("/accessibility",)),
    "/account": ("clerk", ("/account",)),
    "/audit": ("administrator", ("/audit", "/audit?text=nobody-at-all")),
    "/bench": ("bench", ("/bench",)),
    "/calendars": ("clerk", ("/calendars",)),
    "/calendars/{feed_id}/revoke": ("clerk", ("/calendars/{feed}/revoke",)),
    "/choose-password": ("", ("/choose-password",)),
    "/clients": ("advocate", ("/clients",)),
    "/custody": ("custody", ("/custody",)),
    "/custody/{site_id}": ("custody", ("/custody/{hatfield}", "/custody/{stevenage}")),
    "/custody/{site_id}/disconnect/{link_id}": ("custody", ("/custody/{hatfield}/disconnect/{defendant}",)),
    "/closures": ("clerk", ("/closures", "/closures?site={house}")),
    "/closures/new": ("clerk", ("/closures/new",)),
    "/closures/{closure_id}": ("clerk", ("/closures/{closure}",)),
    "/closures/{closure_id}/remove": ("clerk", ("/closures/{closure}/remove",)),
    "/day": ("clerk", ("/day", "/day?date=2026-11-28", "/day?q=nobody-at-all")),
    "/diary": (
        "clerk",
        (
            "/diary",
            "/diary?of=site:{hatfield}",
            "/diary?of=person:{pc}",
            "/diary?view=week",
            "/diary?q=nobody-at-all",
        ),
    ),
    "/diary/move": (
        "clerk",
        (
            "/diary/move?booking={booking}&row={courtroom}&to={courtroom}&start=2026-11-24T14:00:00Z",
            "/diary/move?booking={booking}&row={courtroom}&to={courtroom}&start=2026-11-24T23:00:00Z",
        ),
    ),
    "/enter/{key}": ("clerk", ("/enter/officer",)),
    "/evidence": ("officer", ("/evidence",)),
    "/follow": ("", ("/follow",)),
    "/follow/hearing": ("", ("/follow/hearing",)),
    "/hearings/new": ("clerk", ("/hearings/new",)),
    "/hearings/{hearing_id}": (
        "clerk",
        tuple(
            f"/hearings/{{{state}}}" for state in ("listed", "booked", "lobby_open", "in_session", "ended")
        ),
    ),
    "/hearings/{hearing_id}/book": ("clerk", ("/hearings/{listed}/book", "/hearings/{booked}/book", FOUND)),
    "/hearings/{hearing_id}/book/{booking_id}": ("clerk", ("/hearings/{held}/book/{hold}",)),
    "/hearings/{hearing_id}/change/{verb}": (
        "clerk",
        (
            *(f"/hearings/{{booked}}/change/{verb}" for verb in ("time", "length", "people", "swap", "days")),
            "/hearings/{booked}/change/length?minutes=25",
            "/hearings/{booked}/change/length?minutes=450",
        ),
    ),
    "/hearings/{hearing_id}/clone": ("clerk", ("/hearings/{booked}/clone",)),
    "/hearings/{hearing_id}/relist": ("clerk", ("/hearings/{ended}/relist",)),
    "/hearings/{hearing_id}/directions/new": ("clerk", ("/hearings/{lobby_open}/directions/new",)),
    "/hearings/{hearing_id}/directions/{direction_id}/rescind": (
        "clerk",
        ("/hearings/{lobby_open}/directions/{direction}/rescind",),
    ),
    "/hearings/{hearing_id}/edit": ("clerk", ("/hearings/{listed}/edit",)),
    "/hearings/{hearing_id}/end": ("clerk", ("/hearings/{in_session}/end",)),
    "/hearings/{hearing_id}/following": (
        "clerk",
        ("/hearings/{lobby_open}/following", "/hearings/{booked}/following"),
    ),
    "/hearings/{hearing_id}/following/{reference_id}/revoke": (
        "clerk",
        ("/hearings/{lobby_open}/following/{reference}/revoke",),
    ),
    "/hearings/{hearing_id}/links/new": ("clerk", ("/hearings/{lobby_open}/links/new",)),
    "/hearings/{hearing_id}/release": ("clerk", ("/hearings/{booked}/release",)),
    "/hearings/{hearing_id}/vacate": ("clerk", ("/hearings/{booked}/vacate",)),
    "/hearings/{hearing_id}/overrun": (
        "clerk",
        ("/hearings/{in_session}/overrun", "/hearings/{in_session}/overrun?minutes=240"),
    ),
    "/hearings/{hearing_id}/rooms": ("clerk", ("/hearings/{begins}/rooms", "/hearings/{ended}/rooms")),
    "/hearings/{hearing_id}/screens/new": ("clerk", ("/hearings/{begins}/screens/new",)),
    "/hearings/{hearing_id}/screens/lift": (
        "clerk",
        ("/hearings/{begins}/screens/lift?source={officer}&receiver={defendant}",),
    ),
    "/hearings/{hearing_id}/exhibits/{exhibit_id}/withdraw": (
        "clerk",
        ("/hearings/{begins}/exhibits/{exhibit}/withdraw",),
    ),
    "/hearings/{hearing_id}/waiting": (
        "clerk",
        ("/hearings/{waiting}/waiting", "/hearings/{listed}/waiting", "/hearings/{booked}/waiting"),
    ),
    "/hearings/{hearing_id}/waiting/decline": ("clerk", ("/hearings/{offered}/waiting/decline",)),
    "/hearings/{hearing_id}/waiting/leave": ("clerk", ("/hearings/{waiting}/waiting/leave",)),
    "/hearings/{hearing_id}/recordings": (
        "clerk",
        tuple(
            f"/hearings/{{{state}}}/recordings" for state in ("in_session", "lobby_open", "booked", "ended")
        ),
    ),
    "/recordings/{recording_id}/stop": ("clerk", ("/recordings/{recording}/stop",)),
    "/imports": ("clerk", ("/imports",)),
    "/imports/{run_id}": ("clerk", ("/imports/{done}", "/imports/{staged}", "/imports/{refused}")),
    "/join": ("", ("/join",)),
    "/links/{link_id}": ("clerk", ("/links/{officer}",)),
    "/links/{link_id}/{act}": ("clerk", ("/links/{officer}/revoke", "/links/{officer}/remove")),
    "/people": ("administrator", ("/people", "/people?text=nobody-at-all")),
    "/people/new": ("administrator", ("/people/new",)),
    "/people/{account_id}": ("administrator", ("/people/{account}",)),
    "/people/{account_id}/disable": ("administrator", ("/people/{account}/disable",)),
    "/people/{account_id}/reset": ("administrator", ("/people/{account}/reset",)),
    "/places": ("administrator", ("/places", "/places?text=nowhere-at-all")),
    "/places/new": ("administrator", ("/places/new",)),
    "/places/{site_id}": ("administrator", ("/places/{house}", "/places/{hatfield}")),
    "/privacy": ("", ("/privacy",)),
    "/practice": ("clerk", ("/practice",)),
    "/practice/edit": ("clerk", ("/practice/edit?type=Remand", "/practice/edit?type=Trial")),
    "/report": ("commissioner", ("/report",)),
    "/report/assumptions": ("commissioner", ("/report/assumptions",)),
    "/room/{link_id}": ("officer", ("/room/{officer}",)),
    "/sign-in": ("", ("/sign-in",)),
    "/staff": ("custody", ("/staff", "/staff?q=nobody-at-all", "/staff?week=23/11/2026")),
    "/sittings": ("clerk", ("/sittings", "/sittings?site={house}&week=2026-12-21")),
    "/sittings/new": ("clerk", ("/sittings/new?room={courtroom}&day=2026-11-24&half=PM",)),
    "/sittings/rooms/{courtroom_id}": ("clerk", ("/sittings/rooms/{courtroom}",)),
    "/sittings/rota": ("clerk", ("/sittings/rota",)),
    "/sittings/rota/{rota_id}": (
        "clerk",
        ("/sittings/rota/{court_rota}", "/sittings/rota/{wrong_court_rota}"),
    ),
    "/sittings/{sitting_id}": ("clerk", ("/sittings/{sitting}",)),
    "/sittings/{sitting_id}/remove": ("clerk", ("/sittings/{sitting}/remove",)),
    "/staff/import": (_FORCE, ("/staff/import",)),
    "/staff/import/{run_id}": (_FORCE, ("/staff/import/{rota}", "/staff/import/{wrong_rota}")),
    "/staff/people/{person_id}": (_FORCE, ("/staff/people/{rostered}",)),
    "/staff/people/{person_id}/duties/new": (_FORCE, ("/staff/people/{rostered}/duties/new",)),
    "/staff/people/{person_id}/duties/{duty_id}": (_FORCE, ("/staff/people/{rostered}/duties/{duty}",)),
    "/staff/people/{person_id}/duties/{duty_id}/remove": (
        _FORCE,
        ("/staff/people/{rostered}/duties/{duty}/remove",),
    ),
    "/staff/shifts/{shift_id}": ("custody", ("/staff/shifts/{shift}",)),
    "/staff/shifts/{shift_id}/remove": ("custody", ("/staff/shifts/{shift}/remove",)),
    "/staff/suites/{site_id}": ("custody", ("/staff/suites/{hatfield}",)),
    "/tokens": ("administrator", ("/tokens",)),
    "/waitlist": ("clerk", ("/waitlist",)),
    "/tokens/new": ("administrator", ("/tokens/new",)),
    "/tokens/{token_id}/revoke": ("administrator", ("/tokens/{token}/revoke",)),
}
#: Forms that a person may send empty: who sends them, and by which button.
FORMS: Mapping[str, tuple[str, str]] = {
    "/sign-in": ("", "Sign in"),
    "/choose-password": ("", "Save password"),
    "/follow": ("", "Follow this hearing"),
    "/people/new": ("administrator", "Add and make a link"),
    "/people/{account}": ("administrator", "Save"),
    "/tokens/new": ("administrator", "Make token"),
    "/report/assumptions": ("commissioner", "Use these"),
    "/imports": ("clerk", "Read this list"),
    "/hearings/new": ("clerk", "List matter"),
    "/hearings/{listed}/edit": ("clerk", "Save changes"),
    "/hearings/{listed}/book": ("clerk", "Show times"),
    "/hearings/{listed}/waiting": ("clerk", "Put on the wait list"),
    "/hearings/{booked}/vacate": ("clerk", "Vacate hearing"),
    "/hearings/{booked}/change/time": ("clerk", "Show what will change"),
    "/hearings/{booked}/change/days": ("clerk", "Show what will change"),
    "/hearings/{booked}/clone": ("clerk", "List the copy"),
    "/hearings/{ended}/relist": ("clerk", "List it again"),
    "/hearings/{lobby_open}/directions/new": ("clerk", "Record direction"),
    "/hearings/{lobby_open}/links/new": ("clerk", "Make the link"),
    "/hearings/{begins}/screens/new": ("clerk", "Order it"),
    "/hearings/{in_session}/end": ("clerk", "End the hearing"),
    "/places/new": ("administrator", "Add this place"),
    "/closures/new": ("clerk", "Close it"),
    "/sittings/new?room={courtroom}": ("clerk", "Add this session"),
    "/sittings/rota": ("clerk", "Read this rota"),
    "/staff/import": (_FORCE, "Read this file"),
    "/staff/people/{rostered}/duties/new": (_FORCE, "Save"),
    "/staff/shifts/{shift}": ("custody", "Save"),
    "/places/{house}": ("administrator", "Save details"),
    "/places/{house}#rooms": ("administrator", "Add it"),
}


def page_routes() -> set[str]:
    """The addresses of all pages, by the application's own account."""
    return {
        route.path  # type: ignore[attr-defined]
        for router in pages.ROUTERS
        for route in router.routes
        if "GET" in route.methods  # type: ignore[attr-defined]
    }


def test_every_page_of_the_application_is_looked_at() -> None:
    assert page_routes() == PAGES.keys() | NOT_PAGES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a county in the middle of its day."""
    async with service(tmp_path_factory.mktemp("day"), busy_day, mode="demo") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def samples(court: Service) -> dict[str, Any]:
    """What the county holds, by the names that PAGES uses."""
    async with county.store(court) as db:
        return await db.read(samples_of, county.CONTEXT)


async def busy_day(db: Db, running: Service) -> None:
    """A day with one at least of everything that a page can show."""
    await county.settle_a_day(db, running)
    clerk, administrator = await county.as_(db, "clerk"), await county.as_(db, "administrator")
    await db.write(county.direct, clerk)
    hearing = await db.read(county.about_to_begin, clerk)
    await db.write(following.issue, clerk, hearing, following_key(running.settings))
    await db.write(
        tokens.create,
        administrator,
        "Listing system",
        frozenset({Role.LISTING_OFFICER}),
        30,
        datetime.now(UTC),
    )
    court_id = clerk.actor.organisation_id
    assert court_id
    await db.write(calendar_feeds.issue, clerk, Kind.COURT, court_id, "0" * 64)
    await waiting.settle(db, clerk)
    await db.write(_keep_apart, clerk)
    for name in ("magistratesStandardList.json", "magistratesStandardListWithInvalidData.json"):
        assert clerk.actor.organisation_id
        run = await db.write(runs.start, clerk, clerk.actor.organisation_id, name)
        await lists.stage(db, clerk, run, reading.read_bytes((_LISTS / name).read_bytes()))
    await _roster(db, await county.as_(db, _FORCE))
    await _calendars(db, clerk)
    await db.write(_record, clerk)


def _record(session: Session, ctx: Context) -> None:
    """A recording that runs, and one of an ended hearing that is sealed, with a file."""
    for state in (HearingState.IN_SESSION, HearingState.ENDED):
        hearing_id = session.exec(select(Hearing.id).where(Hearing.state == state)).first()
        assert hearing_id
        row = Recording(
            hearing_id=hearing_id,
            power="Example power",
            ordered_by="District Judge (MC) Thistlewick",
            started_at=ctx.now,
        )
        session.add(row)
        session.flush()
        if state is HearingState.ENDED:
            link = session.exec(select(Link.id).where(Link.hearing_id == hearing_id)).first()
            file = RecordedFile(
                "a.webm", str(link), False, ctx.now.isoformat(), 754_000, 93_112_004, "5e" * 32
            )
            row.stopped_at = row.keep_until = ctx.now + timedelta(minutes=20)
            row.manifest, row.manifest_digest = {"files": [asdict(file)]}, "d1" * 32


def _keep_apart(session: Session, ctx: Context) -> None:
    """An advocate and an interpreter, a special measure, and an exhibit, in the hearing about to begin."""
    hearing = county.about_to_begin(session, ctx)
    joining.issue(session, ctx, hearing, Part.ADVOCATE, "A. Advocate")
    joining.issue(session, ctx, hearing, Part.INTERPRETER, "Ivo Interpreter")
    by_part = {link.part: link for link in links.of_hearing(session, ctx, hearing)}
    officer, defendant = by_part[Part.OFFICER].id, by_part[Part.DEFENDANT].id
    ties.order_screens(session, ctx, hearing, [Screen(officer, defendant, ordered_by="District Judge")])
    session.add(
        Exhibit(
            hearing_id=hearing,
            source_id=officer,
            title="Photograph of a gate",
            media_type="image/png",
            content=b"\x89PNG\r\n\x1a\n",
            made_at=ctx.now,
        )
    )


async def _calendars(db: Db, clerk: Context) -> None:
    """A sitting, a closure, and two rotas, of which one is refused."""
    (house, _), *_ = (await db.read(sittings.week, clerk, None, date(2026, 11, 23))).houses
    room = (await db.read(sittings.week, clerk, house, date(2026, 11, 23))).rooms[0]
    on = sitting(date(2026, 12, 22), Half.AM)
    await db.write(sittings.add, clerk, sittings.Asked(room.id, on, "VIR"))
    await db.write(closures.make, clerk, closures.Asked(house, None, whole_days(_SHUT, _SHUT)))
    assert clerk.actor.organisation_id
    for name, content in (
        ("rota.xml", a_rota(profile("CS1"), profile("CS2", venue="9"))),
        ("wrong.xml", a_rota(profile("CS1", half="EVE"))),
    ):
        what = rota.read(io.BytesIO(content))
        await db.write(rota_runs.stage, clerk, clerk.actor.organisation_id, name, what)


_SHUT = date(2026, 12, 24)


async def _roster(db: Db, force: Context) -> None:
    """An officer on leave, and two files of shifts, of which one is refused."""
    week = whole_days(date(2026, 11, 23), date(2026, 11, 29))
    officer = (await db.read(rostering.people, force, week, "1187"))[0].person
    leave = Stretch(DutyKind.LEAVE, whole_days(date(2026, 11, 24), date(2026, 11, 25)))
    await db.write(rostering.add_duty, force, officer.id, leave, None)
    for name, line in (("rota.csv", "1187,23/11/2026,,,sick"), ("wrong-rota.csv", "1187,today,,,holiday")):
        file = people_files.read(f"person number,date,from,to,kind\n{line}\n".encode())
        await db.write(people.stage, force, name, file)


def samples_of(session: Session, ctx: Context) -> dict[str, Any]:
    def first(what: Any, *where: Any) -> Any:
        return session.exec(select(what).where(*where)).first()

    def link(part: Part) -> Any:
        return first(Link.id, Link.hearing_id == hearing, Link.part == part)

    hearing = county.about_to_begin(session, ctx)
    held, hold = session.exec(
        select(Booking.hearing_id, Booking.id).where(
            Booking.state == BookingState.PROVISIONAL, col(Booking.held_by).is_not(None)
        )
    ).one()
    waits = col(Hearing.id).in_(select(Waiting.hearing_id))
    by_state = {
        state.value: first(Hearing.id, Hearing.state == state, Hearing.id != held, ~waits)
        for state in HearingState
    }
    rostered = session.exec(select(Duty).where(Duty.kind == DutyKind.LEAVE)).first()
    assert rostered
    return {
        **by_state,
        **{
            state.value: first(
                ImportRun.id, ImportRun.state == state, col(ImportRun.format).not_in(STAFF_FORMATS)
            )
            for state in ImportState
        },
        "waiting": first(Waiting.hearing_id, col(Waiting.offered_booking_id).is_(None)),
        "offered": first(Waiting.hearing_id, col(Waiting.offered_booking_id).is_not(None)),
        "held": held,
        "hold": hold,
        "begins": hearing,
        "exhibit": first(Exhibit.id),
        "officer": link(Part.OFFICER),
        "defendant": link(Part.DEFENDANT),
        "direction": first(DirectionRow.id),
        "reference": first(TrackingReference.id),
        "token": first(ApiToken.id),
        "feed": first(CalendarFeed.id),
        "account": first(User.id, User.email == county.email("usher")),
        "hatfield": first(Site.id, Site.name == "Hatfield custody suite"),
        "stevenage": first(Site.id, Site.name == "Stevenage custody suite"),
        "house": first(Site.id, Site.name == "Hatfield Magistrates’ Court"),
        "courtroom": first(Booking.courtroom_id, Booking.hearing_id == hearing),
        "booking": first(Booking.id, Booking.hearing_id == hearing),
        "rostered": rostered.person_id,
        "duty": rostered.id,
        "shift": first(Shift.id),
        "rota": first(ImportRun.id, ImportRun.file_name == "rota.csv"),
        "wrong_rota": first(ImportRun.id, ImportRun.file_name == "wrong-rota.csv"),
        "sitting": first(SittingSession.id, SittingSession.business_type == "VIR"),
        "closure": first(Closure.id),
        "court_rota": first(ImportRun.id, ImportRun.file_name == "rota.xml"),
        "wrong_court_rota": first(ImportRun.id, ImportRun.file_name == "wrong.xml"),
        "cell": first(Link.room_id, Link.id == link(Part.DEFENDANT)),
        "recording": first(Recording.id, col(Recording.stopped_at).is_(None)),
        "pc": first(Link.person_id, Link.id == link(Part.OFFICER)),
    }


async def opened(visit: Visit, court: Service, who: str) -> Visitor:
    """A browser of one of the county's people, or of somebody who is not signed in."""
    visitor = await visit()
    return await county.signed_in(court, visitor, who) if who else visitor


@pytest.mark.parametrize("route", sorted(PAGES))
async def test_a_page_has_no_accessibility_violations_and_fits(
    route: str, visit: Visit, court: Service, samples: dict[str, Any]
) -> None:
    who, addresses = PAGES[route]
    visitor = await opened(visit, court, who)
    for address in addresses:
        await visitor.goes(address.format(**samples))
        assert await visitor.faults_of_page() == [], address


@pytest.mark.parametrize("address", sorted(FORMS))
async def test_a_form_sent_empty_names_what_is_missing_and_stays_accessible(
    address: str, visit: Visit, court: Service, watch: Watch, samples: dict[str, Any]
) -> None:
    # A reference that was left out is answered as an unknown one.
    watch.expected = ("422 (Unprocessable", f"404 (Not Found) ({court.url}/follow)")
    who, button = FORMS[address]
    visitor = await opened(visit, court, who)
    await visitor.goes(address.format(**samples))
    await visitor.sends_empty(button)
    await expect(visitor.page).to_have_title(re.compile("^Error: "))
    await expect(visitor.page.locator(".govuk-error-summary")).to_be_focused()
    assert await visitor.faults_of_page() == []


async def test_axe_and_the_ruler_do_find_what_is_wrong(visit: Visit) -> None:
    visitor = await visit()
    await visitor.goes("/sign-in")
    await visitor.page.evaluate(
        "() => document.querySelector('main').append(document.createElement('button'))"
    )
    await visitor.page.evaluate("() => { document.querySelector('h1').textContent = 'x'.repeat(500) }")
    found = await visitor.faults_of_page()
    assert any("button-name" in fault for fault in found)
    assert any("px wide" in fault for fault in found)


async def test_the_watch_sees_what_goes_wrong_on_a_page_and_in_the_service(
    visit: Visit, court: Service, watch: Watch
) -> None:
    watch.expected = ("",)
    visitor = await visit()
    await visitor.goes("/sign-in")
    async with visitor.page.expect_event("pageerror"):
        await visitor.page.evaluate(
            "() => { console.error('a console error'); setTimeout(() => { throw 'thrown'; }) }"
        )
    with pytest.raises(Error):
        await visitor.page.goto("http://127.0.0.2:9/elsewhere")
    for sign in ("a console error", "page error", "external request: http://127.0.0.2:9/elsewhere"):
        assert any(sign in each for each in watch.wrong), sign
    assert court.api
    log = court.folder / "imagined.log"
    log.write_text("2026 [info     ] answered\n2026 [error    ] Exception in ASGI application\n", "utf-8")
    assert len(Process(court.api.running, log).faults()) == 1
