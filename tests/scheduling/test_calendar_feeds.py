"""Private calendar addresses: what they show, to whom, and until when; on both engines and over HTTP."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from court_link.api.calendar_feeds import TRIES
from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.events import EventKind
from court_link.domain.hearing import Visibility
from court_link.domain.requirements import CustodyNeed, Needs, Rules
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity import people
from court_link.identity.organisations import Organisation
from court_link.identity.people import Account
from court_link.scheduling import booking, calendar_feeds, vacating
from court_link.scheduling.calendar_feeds import Content, Kind, NoSuchFeed, TooManyFeeds
from court_link.scheduling.vacating import VacateReason
from court_link.store import Db, Session
from court_link.store.tables import CalendarFeed, EventRow, Hearing, LoginSession, User
from tests.api.apps import Browser, World
from tests.county import SYSTEM_CONTEXT, County, add_hearing, add_shift
from tests.notifying.ical import events, properties
from tests.stores import MONDAY

TEN = MONDAY + timedelta(hours=1)
HOUR = timedelta(hours=1)


class Desk:
    """A county with a listing officer, an officer and a custody sergeant who have accounts."""

    def __init__(self, db: Db, county: County) -> None:
        self.db, self.county = db, county
        self.clerk = county.listing_officer
        self.officer = county.person(county.force, Role.OFFICER, person_id=county.officer)
        self.sergeant = county.person(county.custody, Role.CUSTODY_OFFICER)
        self.stranger = county.foreign_listing_officer

    async def settle(self) -> None:
        for ctx in (self.clerk, self.officer, self.sergeant, self.stranger):
            await self.db.write(_account, ctx)
        day = (MONDAY - HOUR, MONDAY + timedelta(days=2))
        await self.db.write(add_shift, SYSTEM_CONTEXT, self.county.suite, *day)

    async def book(self, hours: int = 0, replacing: UUID | None = None, **facts: Any) -> tuple[UUID, UUID]:
        """A hearing with the officer and the first cell; its id and the booking's."""
        start = TEN + hours * HOUR
        hearing = await self.db.write(add_hearing, SYSTEM_CONTEXT, self.county, start, **facts)
        return hearing, await self.rebook(hearing, hours)

    async def rebook(self, hearing: UUID, hours: int, **more: Any) -> UUID:
        county = self.county
        attending = more.pop("attending", (county.officer,))
        needs = Needs(county.courtroom, 20, custody=(CustodyNeed(county.cell),), attending=attending)
        made = await self.db.write(
            booking.book, self.clerk, hearing, needs, TEN + hours * HOUR, rules=Rules(), **more
        )
        return made.id

    async def issue(self, ctx: Context, kind: Kind, subject: UUID, digest: str = "d") -> UUID:
        return (await self.db.write(calendar_feeds.issue, ctx, kind, subject, digest)).id

    async def shows(self, ctx: Context, kind: Kind, subject: UUID) -> Content:
        return await self.db.read(calendar_feeds.content, ctx, kind, subject)


def _account(session: Session, ctx: Context) -> None:
    actor = ctx.actor
    assert actor.id
    assert actor.organisation_id
    session.add(
        User(
            id=actor.id,
            organisation_id=actor.organisation_id,
            email=f"{actor.id}@example.com",
            name=actor.name,
            roles=[role.value for role in actor.roles],
            person_id=actor.person_id,
            created_at=MONDAY,
        )
    )


@pytest.fixture
async def desk(db: Db) -> Desk:
    made = Desk(db, await County.settle(db))
    await made.settle()
    return made


async def test_each_may_have_what_they_see_and_nothing_else(desk: Desk) -> None:
    county = desk.county
    keys = {
        name: {choice.key for choice in await desk.db.read(calendar_feeds.choices, ctx)}
        for name, ctx in (("clerk", desk.clerk), ("officer", desk.officer), ("sergeant", desk.sergeant))
    }
    rooms = (county.courtroom, county.second_courtroom)
    assert keys["clerk"] == {f"court:{county.court}", f"site:{county.court_house}"} | {
        f"room:{room}" for room in rooms
    }
    assert keys["officer"] == {f"person:{county.officer}"}
    assert keys["sergeant"] == {f"site:{county.suite}", f"room:{county.cell}", f"room:{county.second_cell}"}
    for ctx, kind, subject in (
        (desk.officer, Kind.PERSON, county.second_officer),
        (desk.officer, Kind.COURT, county.court),
        (desk.clerk, Kind.PERSON, county.officer),
        (desk.clerk, Kind.SITE, county.suite),
        (desk.stranger, Kind.COURT, county.court),
        (desk.stranger, Kind.ROOM, county.courtroom),
    ):
        with pytest.raises(NotFound):
            await desk.issue(ctx, kind, subject)
        with pytest.raises(NoSuchFeed):
            await desk.shows(ctx, kind, subject)


async def test_a_feed_says_time_place_and_reference_and_no_more(desk: Desk) -> None:
    hearing, _ = await desk.book(title="R v Gooseberry")
    county = desk.county
    reference = await desk.db.read(_reference, SYSTEM_CONTEXT, hearing)
    feeds = {
        "court": await desk.shows(desk.clerk, Kind.COURT, county.court),
        "room": await desk.shows(desk.clerk, Kind.ROOM, county.courtroom),
        "house": await desk.shows(desk.clerk, Kind.SITE, county.court_house),
        "cell": await desk.shows(desk.sergeant, Kind.ROOM, county.cell),
        "suite": await desk.shows(desk.sergeant, Kind.SITE, county.suite),
        "officer": await desk.shows(desk.officer, Kind.PERSON, county.officer),
    }
    for content in feeds.values():
        [entry] = content.entries
        assert (entry.slot.start, entry.summary, entry.cancelled) == (TEN, f"Hearing {reference}", False)
        assert "Gooseberry" not in repr(content)
    wheres = {name: content.entries[0].where for name, content in feeds.items()}
    assert wheres["officer"] == wheres["room"] == wheres["court"] == "Courtroom 1, Demo Court House"
    assert wheres["cell"] == wheres["suite"] == "Video room 1, Demo Custody Suite"
    assert (await desk.shows(desk.clerk, Kind.ROOM, county.second_courtroom)).entries == ()


async def test_a_hearing_whose_existence_is_withheld_has_not_even_its_reference(desk: Desk) -> None:
    await desk.book(visibility=Visibility.WITHHELD)
    [entry] = (await desk.shows(desk.clerk, Kind.COURT, desk.county.court)).entries
    assert entry.summary == "Booked"


async def test_a_move_keeps_the_uid_and_raises_the_version(desk: Desk) -> None:
    hearing, made = await desk.book()
    [before] = (await desk.shows(desk.officer, Kind.PERSON, desk.county.officer)).entries
    await desk.rebook(hearing, 2, replacing=made)
    [after] = (await desk.shows(desk.officer, Kind.PERSON, desk.county.officer)).entries
    assert (after.uid, after.slot.start, after.cancelled) == (before.uid, TEN + 2 * HOUR, False)
    assert after.version > before.version


async def test_a_hearing_taken_out_is_cancelled_for_all_and_a_person_let_go_is_for_them(desk: Desk) -> None:
    hearing, made = await desk.book()
    county = desk.county
    await desk.rebook(hearing, 1, replacing=made, attending=(county.second_officer,))
    [own] = (await desk.shows(desk.officer, Kind.PERSON, county.officer)).entries
    assert own.cancelled
    [courts] = (await desk.shows(desk.clerk, Kind.COURT, county.court)).entries
    assert not courts.cancelled
    await desk.db.write(vacating.vacate, desk.clerk, hearing, VacateReason.DEFENCE_NOT_READY, "")
    for ctx, kind, subject in (
        (desk.clerk, Kind.COURT, county.court),
        (desk.clerk, Kind.ROOM, county.courtroom),
        (desk.sergeant, Kind.SITE, county.suite),
        (desk.officer, Kind.PERSON, county.officer),
    ):
        [entry] = (await desk.shows(ctx, kind, subject)).entries
        assert entry.cancelled, kind


async def test_a_feed_shows_what_its_owner_may_see_at_the_moment(desk: Desk) -> None:
    await desk.book()
    moved = replace(desk.sergeant, actor=replace(desk.sergeant.actor, scope=frozenset({desk.county.force})))
    with pytest.raises(NoSuchFeed):
        await desk.shows(moved, Kind.SITE, desk.county.suite)
    nobody = replace(desk.officer, actor=replace(desk.officer.actor, person_id=desk.county.second_officer))
    with pytest.raises(NoSuchFeed):
        await desk.shows(nobody, Kind.PERSON, desk.county.officer)


async def test_only_a_digest_is_stored_and_what_was_done_is_recorded(desk: Desk) -> None:
    feed = await desk.issue(desk.clerk, Kind.COURT, desk.county.court, "a digest")
    await desk.db.write(calendar_feeds.revoke, desk.clerk, feed)
    await desk.db.write(calendar_feeds.revoke, desk.clerk, feed)
    kinds = await desk.db.read(_recorded, SYSTEM_CONTEXT, feed)
    assert kinds == [EventKind.FEED_ISSUED, EventKind.FEED_REVOKED]
    assert await desk.db.read(calendar_feeds.mine, desk.clerk) == ()


async def test_nobody_revokes_or_sees_the_address_of_another(desk: Desk) -> None:
    feed = await desk.issue(desk.clerk, Kind.COURT, desk.county.court)
    colleague = desk.county.listing_officer
    await desk.db.write(_account, colleague)
    for verb in (calendar_feeds.one, calendar_feeds.revoke):
        with pytest.raises(NotFound):
            await desk.db.write(verb, colleague, feed)
    assert await desk.db.read(calendar_feeds.mine, colleague) == ()
    assert [each.id for each in await desk.db.read(calendar_feeds.mine, desk.clerk)] == [feed]


async def test_a_person_has_twenty_addresses_at_most_and_a_machine_none(desk: Desk) -> None:
    for number in range(calendar_feeds.MOST):
        await desk.issue(desk.clerk, Kind.COURT, desk.county.court, f"digest {number}")
    with pytest.raises(TooManyFeeds):
        await desk.issue(desk.clerk, Kind.COURT, desk.county.court, "one more")
    with pytest.raises(Forbidden):
        await desk.issue(SYSTEM_CONTEXT, Kind.COURT, desk.county.court, "a machine's")


def _reference(session: Session, ctx: Context, hearing: UUID) -> str:
    return session.get_one(Hearing, hearing).reference


def _recorded(session: Session, ctx: Context, subject: UUID) -> list[EventKind]:
    rows = session.exec(select(EventRow).where(EventRow.subject_id == subject).order_by(col(EventRow.id)))
    return [EventKind(row.kind) for row in rows]


# Over HTTP


@pytest.fixture
async def clerk(world: World, settled: County) -> Account:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    return await world.person(court, Role.LISTING_OFFICER)


@pytest.fixture
async def browser(world: World, clerk: Account) -> Browser:
    return await world.signed_in(clerk)


async def made(browser: Browser, county: County) -> str:
    """Makes an address of the court on the page; its path."""
    answer = await browser.submit("/calendars", {"of": f"court:{county.court}"})
    assert answer.status_code == 200, answer.text
    found = re.search(r"http://[^\s\"<]*(/calendars/[\w-]+\.ics)", answer.text)
    assert found, answer.text
    return found[1]


async def test_an_address_is_shown_once_and_read_without_signing_in(
    world: World, settled: County, browser: Browser
) -> None:
    path = await made(browser, settled)
    token = path.removeprefix("/calendars/").removesuffix(".ics")
    assert len(token) >= 43  # 256 bits
    assert token not in (await browser.get("/calendars")).text
    assert [row.digest for row in await world.db.read(_feeds, SYSTEM_CONTEXT)] != [token]
    desk = Desk(world.db, settled)
    await desk.book()
    answer = await world.client().get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    [event] = events(answer.text)
    assert event["SUMMARY"].startswith("Hearing ")
    assert properties(answer.text)["X-WR-CALNAME"] == "Demo court"


async def test_a_calendar_that_has_it_already_is_told_so(
    world: World, settled: County, browser: Browser
) -> None:
    path = await made(browser, settled)
    desk = Desk(world.db, settled)
    hearing, first = await desk.book()
    calendar = world.client()
    answer = await calendar.get(path)
    etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
    has_it = {"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-Modified-Since": modified}
    for known in has_it:
        again = await calendar.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
    world.clock.set(MONDAY + timedelta(minutes=1))
    await desk.rebook(hearing, 2, replacing=first)
    for known in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        assert (await calendar.get(path, headers=known)).status_code == 200
    assert (await calendar.get(path, headers={"If-Modified-Since": "not a date"})).status_code == 200


async def test_unknown_revoked_and_of_somebody_disabled_answer_alike(
    world: World, settled: County, browser: Browser, clerk: Account
) -> None:
    revoked, kept = await made(browser, settled), await made(browser, settled)
    page = (await browser.get("/calendars")).text
    first = re.search(r"/calendars/[0-9a-f-]{36}/revoke", page)
    assert first
    ended = await browser.submit(first[0])
    assert (ended.status_code, ended.headers["location"]) == (303, "/calendars")
    reader = world.client()
    assert (await reader.get(kept)).status_code == 200
    await world.db.write(_disable, SYSTEM_CONTEXT, clerk.id)
    answers = [await reader.get(path) for path in (revoked, kept, "/calendars/unknown.ics")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({_without_time(answer.text) for answer in answers}) == 1


def _without_time(text: str) -> str:
    return re.sub(r"[0-9a-f]{16,}", "", text)


async def test_guessing_is_slowed_down_and_reading_is_not(
    world: World, settled: County, browser: Browser
) -> None:
    path = await made(browser, settled)
    guesser = world.client("192.0.2.7")
    for _ in range(TRIES):
        assert (await guesser.get(path)).status_code == 200
    for number in range(TRIES):
        assert (await guesser.get(f"/calendars/guess{number}.ics")).status_code == 404
    slowed = await guesser.get("/calendars/another-guess.ics")
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    assert (await guesser.get(path)).status_code == 200  # a right one is answered all the same
    assert (await world.client("192.0.2.8").get("/calendars/guess.ics")).status_code == 404


async def test_no_address_is_ever_logged(
    world: World, settled: County, browser: Browser, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG, logger="court_link")
    path = await made(browser, settled)
    token = path.removeprefix("/calendars/").removesuffix(".ics")
    await world.client().get(path)
    await world.db.write(_disable_all, SYSTEM_CONTEXT)
    await world.client().get(path)
    metrics = (await world.client().get("/metrics")).text
    said = caplog.text + "".join(capsys.readouterr()) + metrics
    assert token not in re.sub(r"HTTP Request: GET \S+", "", said)


async def test_addresses_are_made_and_ended_over_the_api(
    world: World, settled: County, browser: Browser
) -> None:
    token = (await world.db.read(_csrf, SYSTEM_CONTEXT))[0]
    choices = (await browser.get("/api/calendars/choices")).json()
    assert {"kind": "court", "subject_id": str(settled.court), "name": "Demo court"} in choices
    wanted = {"kind": "court", "subject_id": str(settled.court)}
    answer = await browser.post("/api/calendars", json=wanted, headers={"X-CSRF-Token": token})
    assert answer.status_code == 201, answer.text
    feed = answer.json()["feed"]
    assert (await browser.get("/api/calendars")).json() == [feed]
    path = answer.json()["url"].removeprefix("http://127.0.0.1:8000")
    assert (await world.client().get(path)).status_code == 200
    ended = await browser.client.delete(
        f"/api/calendars/{feed['id']}", headers={"X-CSRF-Token": token, "Origin": "http://127.0.0.1:8000"}
    )
    assert ended.status_code == 204
    assert (await world.client().get(path)).status_code == 404


async def test_a_page_refuses_what_is_no_choice(browser: Browser) -> None:
    answer = await browser.submit("/calendars", {"of": "everything"})
    assert answer.status_code == 422
    assert "Choose whose calendar it is." in answer.text


def _feeds(session: Session, ctx: Context) -> list[CalendarFeed]:
    rows = list(session.exec(select(CalendarFeed)))
    session.expunge_all()
    return rows


def _disable(session: Session, ctx: Context, account_id: UUID) -> None:
    session.get_one(User, account_id).active = False


def _disable_all(session: Session, ctx: Context) -> None:
    for user in session.exec(select(User)):
        user.active = False


def _csrf(session: Session, ctx: Context) -> list[str]:
    return list(session.exec(select(LoginSession.csrf)))


async def test_addresses_end_when_their_owner_is_disabled_or_must_choose_a_new_password(
    world: World, settled: County
) -> None:
    court = Organisation(settled.court, OrganisationKind.COURT, "Demo court", "Demoshire")
    for act in ("disable", "reset"):
        owner = await world.person(court, Role.LISTING_OFFICER, email=f"{act}@example.com")
        path = await made(await world.signed_in(owner), settled)
        administrator = await world.person(court, Role.ADMINISTRATOR, email=f"admin.{act}@example.com")
        chief = Context(
            Actor(
                ActorKind.USER,
                id=administrator.id,
                organisation_id=court.id,
                roles=frozenset({Role.ADMINISTRATOR}),
                scope=frozenset({court.id}),
            )
        )
        reader = world.client("192.0.2.9")
        assert (await reader.get(path)).status_code == 200
        await world.db.write(getattr(people, act), chief, owner.id, MONDAY)
        assert (await reader.get(path)).status_code == 404
        if act == "disable":
            await world.db.write(people.enable, chief, owner.id)
            assert (await reader.get(path)).status_code == 404  # it stays ended
